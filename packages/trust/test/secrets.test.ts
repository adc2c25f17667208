// Secrets at rest and digests.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import {
  canonicalJson,
  fromBase64url,
  generateMasterKey,
  openSecret,
  rewrapSecret,
  sealSecret,
  sha256Base64,
  sha256Hex,
  toBase64url,
  type SealedSecret,
} from "../src/index.ts";
import { ORG, OTHER_ORG, reasonOf } from "./builders.ts";
import { utf8 } from "./forge.ts";
import { describeVectors } from "./vectors.ts";

const MASTER = toBase64url(new Uint8Array(32).fill(7));
const OTHER_MASTER = toBase64url(new Uint8Array(32).fill(8));
const NAME = { org: ORG, name: "provider/openai", version: 2 };
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const seal = (plaintext = "sk-päss") => sealSecret(MASTER, { ...NAME, plaintext }, random);

describe("a sealed secret", () => {
  it("[E1] opens with the same master key under the same name", async () => {
    for (const plaintext of ["sk-päss", "", "x".repeat(10_000)])
      expect(await openSecret(MASTER, { ...NAME, sealed: await seal(plaintext) })).toBe(plaintext);
  });

  it.each([
    ["another org", MASTER, { org: OTHER_ORG }],
    ["another name", MASTER, { name: "provider/other" }],
    ["another version", MASTER, { version: 1 }],
    ["another master key", OTHER_MASTER, {}],
  ])("[E2] does not open for %s", async (_, master, change) => {
    const verdict = openSecret(master, { ...NAME, ...change, sealed: await seal() });
    expect(await reasonOf(verdict)).toBe("signature");
  });

  it("[E2] does not open when any byte of it was changed", async () => {
    const sealed = await seal();
    for (const member of ["wrappedKey", "wrapIv", "iv", "ciphertext"] as const) {
      const bytes = fromBase64url(sealed[member]) ?? new Uint8Array();
      for (let place = 0; place < bytes.length; place += 1) {
        const text = toBase64url(bytes.map((byte, index) => (index === place ? byte ^ 1 : byte)));
        const verdict = openSecret(MASTER, { ...NAME, sealed: { ...sealed, [member]: text } });
        expect(await reasonOf(verdict)).toBe("signature");
      }
    }
  });

  it("[E2] does not open when it is not a record of ours", async () => {
    const sealed = await seal();
    const wrong: readonly [Partial<Record<keyof SealedSecret, unknown>>, string][] = [
      [{ v: 2 }, "malformed"],
      [{ iv: "not base64" }, "encoding"],
      [{ wrappedKey: sealed.ciphertext, wrapIv: sealed.iv }, "signature"],
    ];
    for (const [change, reason] of wrong) {
      const record = { ...sealed, ...change } as SealedSecret;
      expect(await reasonOf(openSecret(MASTER, { ...NAME, sealed: record }))).toBe(reason);
    }
    expect(await reasonOf(openSecret(toBase64url(new Uint8Array(16)), { ...NAME, sealed }))).toBe(
      "malformed",
    );
  });

  it("[E3] never looks the same twice", async () => {
    const [first, second] = [await seal(), await seal()];
    for (const member of ["wrappedKey", "wrapIv", "iv", "ciphertext"] as const)
      expect(first[member]).not.toBe(second[member]);
  });

  it("[E4] is rewrapped under a new master key without a change to the secret itself", async () => {
    const sealed = await seal();
    const rewrapped = await rewrapSecret(
      { org: ORG, sealed },
      { from: MASTER, to: OTHER_MASTER },
      random,
    );
    expect(rewrapped).toMatchObject({ iv: sealed.iv, ciphertext: sealed.ciphertext });
    expect(await openSecret(OTHER_MASTER, { ...NAME, sealed: rewrapped })).toBe("sk-päss");
    expect(await reasonOf(openSecret(MASTER, { ...NAME, sealed: rewrapped }))).toBe("signature");
  });

  it("[E3] a master key is 32 fresh bytes", () => {
    expect(fromBase64url(generateMasterKey())).toHaveLength(32);
    expect(generateMasterKey()).not.toBe(generateMasterKey());
  });
});

describe("digests", () => {
  it("[D1] are those of FIPS 180-4", async () => {
    const hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(await sha256Hex("abc")).toBe(hex);
    expect(await sha256Hex(utf8("abc"))).toBe(hex);
    expect(await sha256Base64("abc")).toBe("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  });

  it.each([
    [{ b: 1, a: [true, null, "ä\n"] }, '{"a":[true,null,"ä\\n"],"b":1}'],
    [
      { "\u20ac": 1, "\r": 2, "1": 3, "\u{1f600}": 4, "\ufb33": 5 },
      '{"\\r":2,"1":3,"\u20ac":1,"\u{1f600}":4,"\ufb33":5}',
    ],
    [
      [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0],
      "[333333333.3333333,1e+30,4.5,0.002,1e-27,0]",
    ],
    [{ a: undefined, b: {} }, '{"b":{}}'],
  ])("[D2] writes %j in its one canonical text", (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it.each([
    [undefined],
    [Number.NaN],
    [Infinity],
    [1n],
    [() => 1],
    [new Date(0)],
    ["\ud800"],
    [[undefined]],
    [{ "\udead": 1 }],
  ])("[D2] has no text for %s", (value) => {
    expect(() => canonicalJson(value)).toThrow(/refused/);
  });
});

const fromHex = (hex: string) =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

describeVectors({ existsSync, readFileSync }, "wycheproof/aes_gcm_test.json", ({ testGroups }) => {
  const ours = testGroups.filter(({ ivSize, keySize }) => ivSize === 96 && keySize === 256);
  it("[E5] the platform's AES-256-GCM with a 96-bit IV judges every vector as it should", async () => {
    const tests = ours.flatMap((group) => group.tests);
    expect(tests).toHaveLength(66);
    for (const { key, iv, aad, msg, ct, tag, result } of tests) {
      const imported = await crypto.subtle.importKey("raw", fromHex(key), "AES-GCM", false, [
        "decrypt",
      ]);
      const algorithm = { name: "AES-GCM", iv: fromHex(iv), additionalData: fromHex(aad) };
      const opened = await crypto.subtle
        .decrypt(algorithm, imported, fromHex(ct + tag))
        .catch(() => undefined);
      if (result === "valid") expect(new Uint8Array(opened ?? [1])).toEqual(fromHex(msg));
      else expect(opened).toBeUndefined();
    }
  });
});
