// Secrets at rest and digests.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import {
  canonicalJson,
  fromBase64url,
  generateMasterKey,
  makeDataKey,
  openDataKey,
  openFirstSecret,
  openSecret,
  parseMasterKeys,
  rewrapDataKey,
  sealSecret,
  sha256Base64,
  sha256Hex,
  toBase64url,
  type FirstSealedSecret,
} from "../src/index.ts";
import { ORG, OTHER_ORG, reasonOf } from "./builders.ts";
import { utf8 } from "./forge.ts";
import { describeVectors } from "./vectors.ts";

const MASTER = toBase64url(new Uint8Array(32).fill(7));
const OTHER_MASTER = toBase64url(new Uint8Array(32).fill(8));
const NAME = { name: "provider/openai", version: 2 };
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const master = () => parseMasterKeys(MASTER);
const made = async (org = ORG, version = 1) =>
  makeDataKey(await master(), { org, version }, random);
const changedAt = (text: string, place: number) =>
  toBase64url(
    (fromBase64url(text) ?? new Uint8Array()).map((byte, index) =>
      index === place ? byte ^ 1 : byte,
    ),
  );

describe("a sealed secret", () => {
  it("[E1] opens with its data key under the same name", async () => {
    const { dataKey } = await made();
    for (const plaintext of ["sk-päss", "", "x".repeat(10_000)]) {
      const sealed = await sealSecret(dataKey, { ...NAME, plaintext }, random);
      expect(await openSecret(dataKey, { ...NAME, sealed })).toBe(plaintext);
    }
  });

  it("[E2] opens under no other name, version, org or data key", async () => {
    const { dataKey } = await made();
    const sealed = await sealSecret(dataKey, { ...NAME, plaintext: "sk" }, random);
    const { dataKey: other } = await made();
    const attempts = [
      openSecret(dataKey, { ...NAME, name: "provider/other", sealed }),
      openSecret(dataKey, { ...NAME, version: 1, sealed }),
      openSecret({ ...dataKey, org: OTHER_ORG }, { ...NAME, sealed }),
      openSecret({ ...dataKey, version: 2 }, { ...NAME, sealed }),
      openSecret(other, { ...NAME, sealed }),
    ];
    expect(await Promise.all(attempts.map(reasonOf))).toEqual(attempts.map(() => "signature"));
  });

  it("[E2] does not open when any byte of it was changed, or it is no record of ours", async () => {
    const { dataKey } = await made();
    const sealed = await sealSecret(dataKey, { ...NAME, plaintext: "sk-päss" }, random);
    for (const member of ["iv", "ciphertext"] as const)
      for (let place = 0; place < (fromBase64url(sealed[member])?.length ?? 0); place += 1) {
        const changed = { ...sealed, [member]: changedAt(sealed[member], place) };
        expect(await reasonOf(openSecret(dataKey, { ...NAME, sealed: changed }))).toBe("signature");
      }
    const odd = (change: object) =>
      reasonOf(openSecret(dataKey, { ...NAME, sealed: { ...sealed, ...change } }));
    expect(await odd({ v: 1 })).toBe("malformed");
    expect(await odd({ iv: "not base64" })).toBe("encoding");
    expect(await odd({ ciphertext: 7 })).toBe("encoding");
  });

  it("[E3] never looks the same twice", async () => {
    const { dataKey, wrapped } = await made();
    const [first, second] = [
      await sealSecret(dataKey, { ...NAME, plaintext: "sk" }, random),
      await sealSecret(dataKey, { ...NAME, plaintext: "sk" }, random),
    ];
    const other = (await made()).wrapped;
    for (const member of ["iv", "ciphertext"] as const) {
      expect(first[member]).not.toBe(second[member]);
      expect(wrapped[member]).not.toBe(other[member]);
    }
  });

  it("[E6] of the first layout still opens, with whichever master key sealed it", async () => {
    const sealed: FirstSealedSecret = {
      v: 1,
      wrappedKey: "vWP1IVRTb5UHURt6WHGbvvK8kb1lYqf0StI3TUcSEDmNpVOA5ttx23lfGxSbUWk3",
      wrapIv: "J6Zf61_WajWHu_Kw",
      iv: "ehmqtmT2V_xOWKvc",
      ciphertext: "D8x_OfJ6ipgR-yXB1NPfpC0-iKHOUjlg",
    };
    const secret = { org: ORG, name: "openai", version: 2, sealed };
    const keys = await parseMasterKeys(`${OTHER_MASTER} ${MASTER}`);
    expect(await openFirstSecret(keys, secret)).toBe("sk-first");
    const others = await parseMasterKeys(OTHER_MASTER);
    const attempts = [
      openFirstSecret(others, secret),
      openFirstSecret(keys, { ...secret, org: OTHER_ORG }),
      openFirstSecret(keys, { ...secret, version: 3 }),
      openFirstSecret(keys, { ...secret, sealed: { ...sealed, iv: sealed.wrapIv } }),
    ];
    expect(await Promise.all(attempts.map(reasonOf))).toEqual(attempts.map(() => "signature"));
  });
});

describe("data keys", () => {
  it("[E1] open with the master key that sealed them, and with no other", async () => {
    const { dataKey, wrapped } = await made();
    const sealed = await sealSecret(dataKey, { ...NAME, plaintext: "sk" }, random);
    const opened = await openDataKey(await master(), { org: ORG, version: 1, wrapped });
    expect(await openSecret(opened, { ...NAME, sealed })).toBe("sk");
    const foreign = await parseMasterKeys(OTHER_MASTER);
    const [id] = foreign;
    const own = await master();
    const attempts: [Promise<unknown>, string][] = [
      [openDataKey(foreign, { org: ORG, version: 1, wrapped }), "unknown_key"],
      [
        openDataKey(foreign, { org: ORG, version: 1, wrapped: { ...wrapped, kek: id.id } }),
        "signature",
      ],
      [openDataKey(own, { org: OTHER_ORG, version: 1, wrapped }), "signature"],
      [openDataKey(own, { org: ORG, version: 2, wrapped }), "signature"],
    ];
    const reasons = await Promise.all(attempts.map(([attempt]) => reasonOf(attempt)));
    expect(reasons).toEqual(attempts.map(([, reason]) => reason));
  });

  it("[E2] do not open when any byte was changed", async () => {
    const { wrapped } = await made();
    for (const member of ["iv", "ciphertext"] as const)
      for (let place = 0; place < (fromBase64url(wrapped[member])?.length ?? 0); place += 1) {
        const changed = { ...wrapped, [member]: changedAt(wrapped[member], place) };
        const opened = openDataKey(await master(), { org: ORG, version: 1, wrapped: changed });
        expect(await reasonOf(opened)).toBe("signature");
      }
  });

  it("[E4] are rewrapped under a new master key without a change to any secret", async () => {
    const { dataKey, wrapped } = await made();
    const sealed = await sealSecret(dataKey, { ...NAME, plaintext: "sk" }, random);
    const both = await parseMasterKeys(`${OTHER_MASTER}\n${MASTER}`);
    const rewrapped = await rewrapDataKey(both, { org: ORG, version: 1, wrapped }, random);
    expect(rewrapped.kek).toBe(both[0].id);
    const alone = await parseMasterKeys(OTHER_MASTER);
    const opened = await openDataKey(alone, { org: ORG, version: 1, wrapped: rewrapped });
    expect(await openSecret(opened, { ...NAME, sealed })).toBe("sk");
    const before = openDataKey(await master(), { org: ORG, version: 1, wrapped: rewrapped });
    expect(await reasonOf(before)).toBe("unknown_key");
  });
});

describe("master keys", () => {
  it("[E3] are 32 fresh bytes", () => {
    expect(fromBase64url(generateMasterKey())).toHaveLength(32);
    expect(generateMasterKey()).not.toBe(generateMasterKey());
  });

  it("[E7] are read from a list; the first one seals", async () => {
    const both = await parseMasterKeys(` ${OTHER_MASTER},\n${MASTER}\n`);
    expect(both.map(({ id }) => id)).toEqual([
      (await parseMasterKeys(OTHER_MASTER))[0].id,
      (await master())[0].id,
    ]);
    const { wrapped } = await makeDataKey(both, { org: ORG, version: 1 }, random);
    expect(wrapped.kek).toBe(both[0].id);
  });

  it.each(["", " , ", "short", `${MASTER}x`, toBase64url(new Uint8Array(16))])(
    "[E7] are refused when they are none, without being quoted: %j",
    async (text) => {
      const error = await parseMasterKeys(text).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "TrustError", reason: "malformed" });
      if (text.trim().length > 3) expect(String(error)).not.toContain(text.trim());
    },
  );
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
  it("[E5] the platform's AES-256-GCM with a 96-bit IV judges 66 of 66 vectors as it should", async () => {
    const tests = ours.flatMap((group) => group.tests);
    const judged = { valid: 0, invalid: 0 };
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
      judged[result] += 1;
    }
    expect(testGroups.flatMap((group) => group.tests)).toHaveLength(316);
    expect(judged).toEqual({ valid: 39, invalid: 27 });
  });
});
