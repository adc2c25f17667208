// Keys: what may be one, how it is named, and how the ring is rotated.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { CERTIFICATE_TTL_S, TOKEN_SKEW_S } from "@acos/protocol";

import {
  KeyRing,
  NonceCache,
  TrustError,
  believedKeys,
  generateKeyPair,
  importSigningKey,
  makeAuthorityKeys,
  parseAuthorityKeys,
  parsePublicJwk,
  publicJwks,
  rotateAuthorityKeys,
  signAccessToken,
  thumbprintOf,
  toBase64url,
  verifyAccessToken,
  type AuthorityKeys,
} from "../src/index.ts";
import { ATTACKER_JWK, CA_JWK, NOW_MS, SESSION_JWK, publicHalf, reasonOf } from "./builders.ts";
import { ACCESS_CLAIMS } from "./token-fixtures.ts";
import { describeVectors } from "./vectors.ts";

const files = { existsSync, readFileSync };
const fromHex = (hex: string) =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const jwkOf = (hex: string) => ({ kty: "OKP", crv: "Ed25519", x: toBase64url(fromHex(hex)) });

describe("a public key", () => {
  it.each([
    ["0", "00".repeat(32)],
    ["1, the neutral point", `01${"00".repeat(31)}`],
    ["1 with the sign bit", `01${"00".repeat(30)}80`],
    ["-1", `ec${"ff".repeat(30)}7f`],
    ["a point of order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
    ["another of order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"],
    ["p itself", `ed${"ff".repeat(30)}7f`],
    ["p + 1", `ee${"ff".repeat(30)}7f`],
    ["2^255 - 1", `${"ff".repeat(31)}7f`],
    ["31 bytes", "11".repeat(31)],
    ["33 bytes", "11".repeat(33)],
  ])("[K1] is refused when its y is %s", (_, hex) => {
    expect(parsePublicJwk(jwkOf(hex))).toBeUndefined();
  });

  it("[K1] is refused with a private part, another curve or anything more", () => {
    const jwk = { ...publicHalf(CA_JWK) };
    expect(parsePublicJwk(jwk)).toEqual(jwk);
    expect(parsePublicJwk({ ...CA_JWK })).toBeUndefined();
    expect(parsePublicJwk({ ...jwk, crv: "X25519" })).toBeUndefined();
    expect(parsePublicJwk({ ...jwk, use: "sig" })).toBeUndefined();
  });
});

describe("a private key", () => {
  it("[K2] is made, imported and named by its thumbprint", async () => {
    const { privateJwk, publicJwk, kid } = await generateKeyPair();
    expect((await importSigningKey(privateJwk)).keyId).toBe(kid);
    expect(await thumbprintOf(publicJwk)).toBe(kid);
    expect((await generateKeyPair()).kid).not.toBe(kid);
  });

  it("[K2] cannot be exported again once imported", async () => {
    const { key } = await importSigningKey(CA_JWK);
    await expect(crypto.subtle.exportKey("jwk", key as never)).rejects.toThrow();
  });

  it("[K2] is refused without saying what it was", async () => {
    for (const wrong of [{}, { ...CA_JWK, d: "AA" }, { ...CA_JWK, d: 1 }, publicHalf(CA_JWK)]) {
      const error: unknown = await importSigningKey(wrong as never).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: "internal", subject: "key" });
      expect(String(error)).not.toContain(CA_JWK.x);
    }
  });
});

describe("the ring", () => {
  const token = async (jwk: typeof CA_JWK) =>
    signAccessToken(ACCESS_CLAIMS, await importSigningKey(jwk), NOW_MS);
  const verdict = async (jwk: typeof CA_JWK, ring: KeyRing) =>
    reasonOf(verifyAccessToken(await token(jwk), ring, { nowMs: NOW_MS }));

  it("[K3] believes the current and the next key, and no longer one that was taken out", async () => {
    const overlap = await KeyRing.fromJwks(await publicJwks([CA_JWK, SESSION_JWK]));
    expect(await verdict(CA_JWK, overlap)).toBe("accepted");
    expect(await verdict(SESSION_JWK, overlap)).toBe("accepted");
    const after = await KeyRing.fromJwks(await publicJwks([SESSION_JWK]));
    expect(await verdict(CA_JWK, after)).toBe("unknown_key");
    expect(await verdict(ATTACKER_JWK, overlap)).toBe("unknown_key");
  });

  it("[K3] is served without any private part, each key with its thumbprint", async () => {
    const document = await publicJwks([CA_JWK]);
    const kid = await thumbprintOf(publicHalf(CA_JWK));
    expect(document).toEqual({ keys: [{ ...publicHalf(CA_JWK), kid, use: "sig", alg: "EdDSA" }] });
  });

  it.each([
    ["no document", null],
    ["no keys", {}],
    ["a key of another curve", { keys: [{ kty: "EC", crv: "P-256", x: "AA" }] }],
    ["a kid that is not the thumbprint", { keys: [{ ...publicHalf(CA_JWK), kid: "current" }] }],
    ["a key that is null", { keys: [null] }],
  ])("[K3] is not made of %s", async (_, document) => {
    expect(await reasonOf(KeyRing.fromJwks(document))).toBe("malformed");
  });
});

describe("the nonce cache", () => {
  it("[Q8] remembers until the expiry and not longer", () => {
    const cache = new NonceCache();
    expect(cache.remember("n", 100, 0)).toBe(true);
    expect(cache.remember("n", 100, 99)).toBe(false);
    expect(cache.remember("n", 200, 100)).toBe(true);
  });

  it("[Q8] forgets the oldest when it is full, never the newest", () => {
    const cache = new NonceCache(3);
    for (const value of ["a", "b", "c", "d"]) cache.remember(value, 100, 0);
    expect(cache.remember("d", 100, 0)).toBe(false);
    expect(cache.remember("b", 100, 0)).toBe(false);
    expect(cache.remember("a", 100, 0)).toBe(true);
  });
});

describeVectors(files, "jose-rfc.json", ({ thumbprints }) => {
  it.each(thumbprints)("[K2] $id has the thumbprint of the RFC", async ({ jwk, sha256 }) => {
    expect(await thumbprintOf(jwk)).toBe(sha256);
  });
});

describeVectors(files, "wycheproof/json_web_key_test.json", ({ testGroups }) => {
  it("[K3] none of its 26 key sets is taken for a ring, since none of them is of Ed25519", async () => {
    const sets = testGroups.flatMap((group) =>
      group.tests.map(({ tcId }) => ({ tcId, keys: group.public ?? group.private })),
    );
    expect(sets).toHaveLength(26);
    for (const { tcId, keys } of sets)
      for (const document of [keys, { keys: [keys] }])
        expect(await reasonOf(KeyRing.fromJwks(document)), `tcId ${tcId}`).toBe("malformed");
  });
});

describeVectors(files, "wycheproof/ed25519_test.json", ({ testGroups }) => {
  it("[K4] the platform's Ed25519 judges 151 of 151 vectors as it should", async () => {
    const judged = { valid: 0, invalid: 0 };
    for (const { publicKey, tests } of testGroups) {
      const jwk = parsePublicJwk(jwkOf(publicKey.pk));
      if (jwk === undefined) throw new Error("a vector has a key we refuse");
      const key = await crypto.subtle.importKey("jwk", { ...jwk }, "Ed25519", true, ["verify"]);
      for (const { tcId, msg, sig, result } of tests) {
        const verified = await crypto.subtle
          .verify("Ed25519", key, fromHex(sig), fromHex(msg))
          .catch(() => false);
        expect(verified, `tcId ${tcId}`).toBe(result === "valid");
        judged[result] += 1;
      }
    }
    expect(judged).toEqual({ valid: 88, invalid: 63 });
  });
});

describe("the CA's keys", () => {
  const NOW = 1_800_000_000_000;
  const LAST_TOKEN_MS = (CERTIFICATE_TTL_S + TOKEN_SKEW_S) * 1000;

  it("[K5] a rotation lets the known next key sign, makes a fresh one and retires the one that signed", async () => {
    const before = await makeAuthorityKeys();
    const after = await rotateAuthorityKeys(before, NOW);
    expect(after[0]).toEqual(before[1]);
    expect(before).not.toContainEqual(after[1]);
    expect(after[2]).toMatchObject({ x: before[0].x, notAfter: expect.any(Number) });
    expect(after).toHaveLength(3);
  });

  it("[K5] a retired key is believed as long as one of its tokens may live, and no longer", async () => {
    const [, , retired] = await rotateAuthorityKeys(await makeAuthorityKeys(), NOW);
    const keys: AuthorityKeys = [...(await makeAuthorityKeys()), retired!];
    expect(believedKeys(keys, NOW + LAST_TOKEN_MS)).toContain(retired);
    expect(believedKeys(keys, retired!.notAfter!)).not.toContain(retired);
    expect(retired!.notAfter! - NOW).toBeLessThan(LAST_TOKEN_MS + 60_000);
  });

  it("[K5] rotations in a row keep every key that may still be needed; those whose end has come are left out", async () => {
    const first = await makeAuthorityKeys();
    const third = await rotateAuthorityKeys(await rotateAuthorityKeys(first, NOW), NOW + 1);
    expect(third.map(({ x }) => x)).toEqual(expect.arrayContaining(first.map(({ x }) => x)));
    expect(third).toHaveLength(4);
    const later = await rotateAuthorityKeys(third, NOW + 3_600_000);
    expect(later).toHaveLength(3);
    expect(later[0]).toEqual(third[1]);
  });

  it("[K5] a key that was alone is replaced by a fresh one", async () => {
    const [alone] = await makeAuthorityKeys();
    const [signing, next, retired] = await rotateAuthorityKeys([alone], NOW);
    expect(new Set([alone.x, signing.x, next?.x]).size).toBe(3);
    expect(retired?.x).toBe(alone.x);
  });

  it.each(["", "{}", "[]", "nonsense with a key in it"])(
    "[K5] are not read from %j, and it is not quoted",
    (text) => {
      const reading = () => parseAuthorityKeys(text);
      expect(reading).toThrow(TrustError);
      expect(reading).not.toThrow(/nonsense/);
    },
  );
});
