// Keys that change while everything runs: when they are read again, and what happens when they cannot be.
import {
  generateMasterKey,
  makeAuthorityKeys,
  rotateAuthorityKeys,
  type AuthorityKeys,
} from "@acos/trust";
import { beforeEach, expect, it, vi } from "vitest";

import type { KeyTexts } from "../src/vault/key-source.ts";
import { KEYS_REREAD_MS, LiveKeys } from "../src/vault/live-keys.ts";

const NOW = 1_800_000_000_000;

let texts: KeyTexts;
let authority: AuthorityKeys;
let reads: number;
let fails: boolean;
const source = {
  changes: true,
  read: async () => {
    reads += 1;
    if (fails) throw new Error("nobody answers");
    return texts;
  },
};

function keep(keys: AuthorityKeys): void {
  authority = keys;
  texts = { ...texts, authority: JSON.stringify(keys) };
}

beforeEach(async () => {
  [reads, fails] = [0, false];
  texts = { authority: "", master: generateMasterKey(), dataKeysSince: 0 };
  keep(await makeAuthorityKeys());
});

it("[LK1] a rotated key is at work within the time of one look, and what was signed before is believed", async () => {
  const keys = await LiveKeys.open(source, NOW);
  const before = keys.current;
  keep(await rotateAuthorityKeys(authority, NOW + 1));
  await keys.refresh(NOW + KEYS_REREAD_MS - 1);
  expect([reads, keys.current]).toEqual([1, before]);
  await keys.refresh(NOW + KEYS_REREAD_MS);
  expect(keys.current.signing.keyId).not.toBe(before.signing.keyId);
  expect(before.ring.has(keys.current.signing.keyId)).toBe(true);
  expect(keys.current.ring.has(before.signing.keyId)).toBe(true);
});

it("[LK1] keys that did not change stay the same objects, so that what was verified with them counts", async () => {
  const keys = await LiveKeys.open(source, NOW);
  const before = keys.current;
  await keys.refresh(NOW + 10 * KEYS_REREAD_MS, "now");
  expect([reads, keys.current]).toEqual([2, before]);
});

it("[LK2] a retired key is believed no longer than until its end, without another reading", async () => {
  const [, , retired] = await rotateAuthorityKeys(authority, NOW);
  keep(await rotateAuthorityKeys(authority, NOW));
  const keys = await LiveKeys.open({ ...source, changes: false }, NOW);
  const jwks = keys.current.jwks.keys.map(({ x }) => x);
  expect(jwks).toContain(retired?.x);
  await keys.refresh(retired!.notAfter!);
  expect(keys.current.jwks.keys.map(({ x }) => x)).not.toContain(retired?.x);
});

it("[LK3] keys that cannot be read, or are none, leave those at work, with a line that holds no key", async () => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const keys = await LiveKeys.open(source, NOW);
  const before = keys.current;
  fails = true;
  await keys.refresh(NOW + KEYS_REREAD_MS);
  fails = false;
  texts = { ...texts, master: "a-broken-master-key" };
  await keys.refresh(NOW + 2 * KEYS_REREAD_MS);
  expect(keys.current).toBe(before);
  expect(logged).toHaveBeenCalledTimes(2);
  expect(JSON.stringify(logged.mock.calls)).not.toContain("a-broken-master-key");
  logged.mockRestore();
});
