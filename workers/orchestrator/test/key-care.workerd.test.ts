// Care for keys: after a rotation everything lies under the keys of today, and everything still opens.
import type { OrgId, ProviderView } from "@acos/protocol";
import {
  generateMasterKey,
  parseMasterKeys,
  type FirstSealedSecret,
  type MasterKeys,
  type SealedSecret,
} from "@acos/trust";
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";

import type { ControlPlane } from "../src/control-plane.ts";
import { controlPlaneOf } from "../src/open-control-plane.ts";
import { careForKeys } from "../src/vault/care.ts";
import { Vault } from "../src/vault/vault.ts";
import { Person } from "./person.ts";
import type { TestBindings } from "./worker.ts";

const bindings = env as unknown as TestBindings;
const NAME = { name: "desk", version: 1 };
const VALUE = "desk-token-0123456789";

let person: Person;
let org: OrgId;
let first: string;
let nowMs: number;

/** The same installation after a restart with other master keys, at a time of the test's own. */
async function planeWith(master: string, dataKeysSince = 0): Promise<ControlPlane> {
  const real = await controlPlaneOf(bindings);
  const clock = { ...real.clock, now: () => nowMs };
  const keys = { ...real.keys, master: await parseMasterKeys(master), dataKeysSince };
  const vault = new Vault({ db: real.db, clock, masterKeys: (): MasterKeys => keys.master });
  return { ...real, clock, keys, vault };
}

async function untilDone(plane: ControlPlane) {
  for (;;) {
    const report = await careForKeys(plane);
    if (report.left === 0) return report;
  }
}

async function sealedIn(table: "secret" | "data_key") {
  const { results } = await bindings.DB.prepare(`SELECT * FROM ${table} WHERE org_id = ?`)
    .bind(org)
    .all<Record<string, string | number>>();
  return results;
}

async function openStored(plane: ControlPlane): Promise<string> {
  const [row] = await sealedIn("secret");
  const sealed = JSON.parse(String(row?.["sealed"])) as SealedSecret;
  return plane.vault.open(org, { ...NAME, sealed });
}

beforeEach(async () => {
  person = await Person.signUp();
  org = (await person.org()) as OrgId;
  first = bindings.MASTER_KEY!;
  nowMs = Date.now();
  const said = { value: VALUE, hosts: ["api.example.com"] };
  await person.api("PUT", `/orgs/${org}/secrets/desk`, said);
});

it("[KC1] a new master key takes every data key over; the old one is then of no use and no need", async () => {
  const second = generateMasterKey();
  const before = await sealedIn("secret");
  const both = await planeWith(`${second}\n${first}`);
  const { rewrapped, left, kek } = await untilDone(both);
  expect([rewrapped > 0, left]).toEqual([true, 0]);
  const wrapped = await sealedIn("data_key");
  expect(new Set(wrapped.map((row) => row["kek"]))).toEqual(new Set([kek]));
  expect(await openStored(await planeWith(second))).toBe(VALUE);
  await expect(openStored(await planeWith(first))).rejects.toMatchObject({ reason: "unknown_key" });
  expect(await sealedIn("secret")).toEqual(before);
  await untilDone(await planeWith(`${first}\n${second}`));
});

it("[KC2] data keys from before a time are replaced, and secrets move to the new ones", async () => {
  nowMs += 1_000;
  const plane = await planeWith(first, nowMs);
  const { renewed, resealed } = await untilDone(plane);
  expect([renewed > 0, resealed > 0]).toEqual([true, true]);
  const [row] = await sealedIn("secret");
  expect(row?.["data_key"]).toBe(2);
  expect(await openStored(plane)).toBe(VALUE);
  expect((await careForKeys(plane)).renewed).toBe(0);
});

it("[KC2] a replaced data key is kept while somebody may not know of the new one, then it is gone", async () => {
  nowMs += 1_000;
  await untilDone(await planeWith(first, nowMs));
  const versions = async () => (await sealedIn("data_key")).map((row) => row["version"]);
  expect(await versions()).toEqual([1, 2]);
  nowMs += 11 * 60_000;
  await careForKeys(await planeWith(first));
  expect(await versions()).toEqual([2]);
  expect(await openStored(await planeWith(first))).toBe(VALUE);
});

it("[KC3] a provider's key of the first layout moves beside the others, as a new version that groups are told of", async () => {
  const sealed: FirstSealedSecret = await sealFirst(
    first,
    { org, name: "acme", version: 1 },
    "sk-first-key",
  );
  const provider = {
    org,
    name: "acme",
    version: 1,
    kind: "openai",
    sealedKey: JSON.stringify(sealed),
  };
  const user = (await person.me()).user.id;
  const insert = "INSERT INTO provider_version VALUES (?, 'acme', 1, ?, 'x', 1, ?)";
  await bindings.DB.batch([
    bindings.DB.prepare(insert).bind(org, JSON.stringify(provider), user),
    bindings.DB.prepare("INSERT INTO provider VALUES (?, 'acme', 1, 1, NULL)").bind(org),
  ]);
  const path = `/orgs/${org}/providers/acme`;
  expect((await person.api<ProviderView>("GET", path)).body).toMatchObject({
    hasKey: true,
    version: 1,
  });
  expect((await untilDone(await planeWith(first))).moved).toBe(1);
  expect((await person.api<ProviderView>("GET", path)).body).toMatchObject({
    hasKey: true,
    version: 2,
  });
  const plane = await planeWith(first);
  const rows = await sealedIn("secret");
  const row = rows.find(({ name }) => name === "provider/acme");
  const key = {
    name: "provider/acme",
    version: 2,
    sealed: JSON.parse(String(row?.["sealed"])) as SealedSecret,
  };
  expect(await plane.vault.open(org, key)).toBe("sk-first-key");
});

it("[KC4] a record that cannot be opened does not keep the others from their care", async () => {
  await bindings.DB.prepare(
    'UPDATE secret SET sealed = replace(sealed, \'"iv":"\', \'"iv":"AA\') WHERE org_id = ?',
  )
    .bind(org)
    .run();
  const other = await Person.signUp();
  const otherOrg = await other.org();
  await other.api("PUT", `/orgs/${otherOrg}/secrets/desk`, { value: VALUE, hosts: ["a.example"] });
  nowMs += 1_000;
  const { left, resealed } = await careForKeys(await planeWith(first, nowMs));
  expect([left > 0, resealed > 0]).toEqual([true, true]);
  await bindings.DB.prepare("DELETE FROM secret WHERE org_id = ?").bind(org).run();
});

/** The first layout, as an earlier product wrote it. */
async function sealFirst(
  master: string,
  { org: owner, name, version }: { org: string; name: string; version: number },
  plaintext: string,
): Promise<FirstSealedSecret> {
  const text = (bytes: Uint8Array) =>
    btoa(String.fromCharCode(...bytes))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");
  const bytes = (encoded: string) =>
    Uint8Array.from(atob(encoded.replaceAll("-", "+").replaceAll("_", "/")), (one) =>
      one.charCodeAt(0),
    );
  const seal = async (key: Uint8Array, about: unknown, content: Uint8Array) => {
    const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const additionalData = new TextEncoder().encode(JSON.stringify(about));
    const sealed = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv, additionalData },
      imported,
      content,
    );
    return { iv: text(iv), ciphertext: text(new Uint8Array(sealed)) };
  };
  const dataKey = crypto.getRandomValues(new Uint8Array(32));
  const wrapped = await seal(bytes(master), ["acos-data-key-v1", owner], dataKey);
  const about = ["acos-secret-v1", owner, name, version];
  const sealed = await seal(dataKey, about, new TextEncoder().encode(plaintext));
  return { v: 1, wrappedKey: wrapped.ciphertext, wrapIv: wrapped.iv, ...sealed };
}
