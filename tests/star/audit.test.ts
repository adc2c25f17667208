// The audit log of the whole product: what users do is in their org's chain, and whoever edits the database is found out.
import { execFile } from "node:child_process";
import { cpSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import type { ApprovalId, AuditEntryView, Page } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { REPOSITORY, startProduct, type Product } from "../product.ts";
import { authenticate, signUp } from "../rest.ts";
import { script } from "../scripted-model.ts";
import { endOf, enter, event, give, openScene, say, type Scene } from "./scene.ts";

let scene: Scene;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "acos-audit-star-"));
  scene = await openScene();
  await useIt();
});
afterAll(async () => {
  await scene.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A bit of everything: people come and go, a guess is wrong, a stranger knocks, an effect is approved. */
async function useIt(): Promise<void> {
  const { owner, product, effects } = scene;
  const guest = await signUp(product.url, "Gus");
  await authenticate(product.url, "sign-in", owner);
  const wrong = { email: owner.email, password: "not this one" };
  await authenticate(product.url, "sign-in", wrong).catch(() => undefined);
  const tool = { type: "http", name: "desk", description: "The desk.", methods: ["POST"] };
  const agent = await scene.agent("hand", {
    tools: [{ ...tool, baseUrl: `${effects.url}/desk`, headers: { "x-desk-key": "desk-secret" } }],
  });
  const group = await scene.group([agent]);
  await guest.rest.call("GET", `/groups/${group.id}`);
  await owner.rest.put(`/groups/${group.id}/members/${guest.id}`, { role: "viewer" });
  const socket = await enter(owner.rest, group.id, 0);
  const call = {
    tool: "desk",
    arguments: { method: "POST", path: "/do", body: { polish: "silver" } },
  };
  await say(socket, `@hand ${script({ calls: [call] }, { text: "done" })}`);
  const asked = await event(socket, "approval-asked");
  const approval = asked.event.approval as ApprovalId;
  await give(socket, { kind: "approval-decide", approval, decision: "approve" });
  await endOf(socket, asked.event.run);
  await owner.rest.delete(`/groups/${group.id}/members/${guest.id}`);
  socket.close();
}

/** `acos audit …` in a process of its own, as the owner, with a memory of its own. */
async function acosAudit(...args: readonly string[]) {
  const { url } = scene.product;
  const env = {
    PATH: process.env["PATH"],
    ACOS_URL: url,
    ACOS_API_KEY: await freshKey(url),
    ACOS_CREDENTIALS: join(folder, "credentials.json"),
  };
  const program = join(REPOSITORY, "hosts/local/src/acos.ts");
  const ended = Promise.withResolvers<{ code: number; stdout: string; stderr: string }>();
  execFile(process.execPath, [program, "audit", ...args], { env }, (error, stdout, stderr) =>
    ended.resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
  );
  return ended.promise;
}

async function freshKey(url: string): Promise<string> {
  const cookie = await authenticate(url, "sign-in", scene.owner);
  const response = await fetch(`${url}/api/v1/api-keys`, {
    method: "POST",
    headers: { cookie, "content-type": "application/json" },
    body: JSON.stringify({ name: "audit" }),
  });
  return ((await response.json()) as { key: string }).key;
}

async function entries(): Promise<readonly AuditEntryView[]> {
  const { owner } = scene;
  return (await owner.rest.get<Page<AuditEntryView>>(`/orgs/${owner.org}/audit?limit=500`)).items;
}

it("[orchestrator:AU1] what was done and refused is in the org's chain, with no secret, and reads like a list", async () => {
  const kinds =
    "sign-up sign-in sign-in-refused api-key-made api-key-used provider-put agent-created group-created refused member-put member-joined member-left token-issued socket-opened certificate-issued approval-decided tool-call-dispatched member-removed".split(
      " ",
    );
  await expect
    .poll(async () => {
      const there = new Set((await entries()).map(({ kind }) => kind));
      return kinds.filter((kind) => !there.has(kind));
    })
    .toEqual([]);
  const all = JSON.stringify(await entries());
  for (const secret of ["sk-very", "desk-secret", "example.org", "battery", "Olive", "polish"])
    expect(all, secret).not.toContain(secret);
  const { code, stdout } = await acosAudit();
  expect(code).toBe(0);
  expect(stdout).toMatch(/ #\d+ {2}sign-up {2}usr_/);
});

it("[local:C9] acos audit verify says that the chain is unbroken", async () => {
  const { code, stdout, stderr } = await acosAudit("verify");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/: \d+ entries, unbroken, head [0-9a-f]{64}\n$/);
});

/** The file in which D1 keeps the audit chains. */
function databaseOf(data: string): DatabaseSync {
  for (const path of globSync(join(data, "state/**/*.sqlite"))) {
    const database = new DatabaseSync(path);
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE name = 'audit_entry'");
    if (tables.all().length > 0) return database;
    database.close();
  }
  throw new Error("There is no database with audit chains.");
}

const CHAIN = "chain = $org AND seq";
const tampered: [name: string, statements: readonly string[], words: RegExp][] = [
  [
    "an altered entry",
    [`UPDATE audit_entry SET at = at + 1 WHERE ${CHAIN} = 5`],
    /entry 5 is not what was written/,
  ],
  ["a deleted entry", [`DELETE FROM audit_entry WHERE ${CHAIN} = 5`], /entry 5 is missing/],
  [
    "swapped entries",
    [
      `UPDATE audit_entry SET seq = -1 WHERE ${CHAIN} = 5`,
      `UPDATE audit_entry SET seq = 5 WHERE ${CHAIN} = 6`,
      `UPDATE audit_entry SET seq = 6 WHERE ${CHAIN} = -1`,
    ],
    /entry 5 is not in its place/,
  ],
  [
    "an end that is cut off, its head forged with it",
    [
      `DELETE FROM audit_entry WHERE ${CHAIN} > 8`,
      "UPDATE audit_head SET seq = 8, hash = (SELECT hash FROM audit_entry WHERE chain = $org AND seq = 8) WHERE chain = $org",
    ],
    /entry 9 says that what stands before it was tampered with/,
  ],
  [
    "a chain that is emptied",
    ["DELETE FROM audit_entry WHERE chain = $org", "DELETE FROM audit_head WHERE chain = $org"],
    /entry \d+ (is another than was known before|and what came after it are missing)/,
  ],
];

/** Starts the stopped product, at its own address, on a copy of its data into which somebody has written. */
function startTampered(statements: readonly string[]): Promise<Product> {
  const copy = mkdtempSync(join(folder, "data-"));
  cpSync(scene.product.data, copy, { recursive: true });
  const database = databaseOf(copy);
  for (const statement of statements)
    expect(database.prepare(statement).run({ org: scene.owner.org }).changes).not.toBe(0);
  database.close();
  return startProduct({ data: copy, port: scene.product.port });
}

describe("a product that was stopped", () => {
  beforeAll(() => scene.product.stop());

  it("[local:C9] has the same unbroken chain when it starts again", async () => {
    const product = await startTampered([]);
    try {
      expect(await acosAudit("verify")).toMatchObject({ code: 0, stderr: "" });
    } finally {
      await product.stop();
    }
  });

  it.each(tampered)(
    "[local:C9] [local:C10] is found out with %s in its database",
    async (_, ...row) => {
      const [statements, words] = row;
      const product = await startTampered(statements);
      try {
        const { code, stderr } = await acosAudit("verify");
        expect(stderr).toMatch(words);
        expect(code).toBe(1);
      } finally {
        await product.stop();
      }
    },
  );
});
