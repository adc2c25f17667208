// Tests of the authority's keys as a group holds them: kept, read again for an unknown key and with age, never too often.
import { expect, it } from "vitest";

import { makeId, type CertificateAuthorityControl } from "@acos/protocol";
import {
  generateKeyPair,
  importSigningKey,
  publicJwks,
  signRoutingToken,
  type KeyPair,
} from "@acos/trust";

import { AuthorityKeys } from "./authority-keys.ts";

const bytes = new Uint8Array(10);
const group = makeId("group", 1, bytes);

interface Scene {
  readonly clock: { now: number };
  readonly keys: AuthorityKeys;
  readonly authority: { pair: KeyPair; asked: number; down: boolean };
  token(): Promise<string>;
}

async function scene(): Promise<Scene> {
  const clock = { now: 1_800_000_000_000 };
  const authority = { pair: await generateKeyPair(), asked: 0, down: false };
  const control: Pick<CertificateAuthorityControl, "publicKeys"> = {
    publicKeys: async () => {
      authority.asked += 1;
      if (authority.down) throw new Error("down");
      const { keys } = await publicJwks([authority.pair.privateJwk]);
      return { keys: keys.map((key) => ({ ...key })) };
    },
  };
  const claims = { user: makeId("user", 1, bytes), org: makeId("org", 1, bytes), name: "Lena" };
  const token = async (): Promise<string> =>
    signRoutingToken(
      { ...claims, group, role: "member", sid: "s", jti: "j" },
      await importSigningKey(authority.pair.privateJwk),
      clock.now,
    );
  return { clock, authority, token, keys: new AuthorityKeys(control, () => clock.now) };
}

it("[K7] are asked for once and kept", async () => {
  const { keys, authority, token } = await scene();
  await keys.verify(await token(), group);
  await keys.verify(await token(), group);
  expect(authority.asked).toBe(1);
});

it("[K7] are read again for an unknown key, but only after a pause", async () => {
  const { keys, authority, clock, token } = await scene();
  await keys.verify(await token(), group);
  authority.pair = await generateKeyPair();
  clock.now += 1_000;
  await expect(keys.verify(await token(), group)).rejects.toThrow("not known here");
  expect(authority.asked).toBe(1);
  clock.now += 4_000;
  await keys.verify(await token(), group);
  expect(authority.asked).toBe(2);
});

it("[K7] a withdrawn key is forgotten within ten minutes; while nobody answers, what is known serves on", async () => {
  const { keys, authority, clock, token } = await scene();
  await keys.verify(await token(), group);
  authority.down = true;
  clock.now += 10 * 60_000;
  await keys.verify(await token(), group);
  const withdrawn = await token();
  authority.pair = await generateKeyPair();
  authority.down = false;
  clock.now += 10 * 60_000;
  await expect(keys.verify(withdrawn, group)).rejects.toThrow();
});

it("[K7] without any keys the answer is to try again", async () => {
  const { keys, authority, token } = await scene();
  authority.down = true;
  await expect(keys.verify(await token(), group)).rejects.toMatchObject({
    problem: { code: "unavailable" },
  });
});
