// The strict token parser: public vectors for JWS, and the rules of our own header.
import { existsSync, readFileSync } from "node:fs";
import { compactVerify, importJWK, type JWK } from "jose";
import { describe, expect, it } from "vitest";
import { TOKEN_MAX_BYTES } from "@acos/protocol";

import { parseCompact, verifyStrictToken } from "../src/strict-token.ts";
import { CA_JWK, caKey, caRing, reasonOf } from "./builders.ts";
import { forge } from "./forge.ts";
import { describeVectors } from "./vectors.ts";

const files = { existsSync, readFileSync };
const EXPECTED = { subject: "access-token", typ: "acos-access+jwt" } as const;
const HEADER = async () => ({ alg: "EdDSA", typ: EXPECTED.typ, kid: (await caKey()).keyId });

async function verdict(token: string): Promise<string> {
  return reasonOf(verifyStrictToken(token, EXPECTED, await caRing()));
}

describe("strict token", () => {
  it("[T1] refuses a token over the limit before reading anything of it", async () => {
    expect(await verdict("?".repeat(TOKEN_MAX_BYTES + 1))).toBe("too_large");
    expect(await verdict("?".repeat(TOKEN_MAX_BYTES))).toBe("malformed");
  });

  it.each(["", ".", "..", "a.b", "a.b.c.d", "AAAA", "AAAA.AAAA"])(
    "[T2] refuses %j",
    async (token) => {
      expect(await verdict(token)).not.toBe("accepted");
    },
  );

  it("[T3] refuses a segment that is not canonical, though the signature is right", async () => {
    const token = await forge(await HEADER(), { a: 1 }, await caKey());
    expect(await verdict(token)).toBe("accepted");
    const last = token.at(-1) ?? "";
    const sloppy = token.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1);
    expect(await verdict(sloppy)).toBe("encoding");
  });

  it.each([
    ["a member too many", { b64: true }, "header"],
    ["another algorithm", { alg: "Ed25519" }, "algorithm"],
    ["another typ", { typ: "acos-route+jwt" }, "type"],
    ["an unknown kid", { kid: "A".repeat(43) }, "unknown_key"],
  ])("[T4] refuses a header with %s", async (_, members, reason) => {
    const token = await forge({ ...(await HEADER()), ...members }, { a: 1 }, await caKey());
    expect(await verdict(token)).toBe(reason);
  });

  it("[T5] takes EdDSA and nothing else for its algorithm", async () => {
    for (const alg of ["ES256", "HS256", "none", "EDDSA", "Ed448"]) {
      const token = await forge({ ...(await HEADER()), alg }, { a: 1 }, await caKey());
      expect(await verdict(token)).toBe("algorithm");
    }
  });

  it.each(["[]", "1", "null", '"text"', ""])("[T8] refuses the payload %j", async (payload) => {
    expect(await verdict(await forge(await HEADER(), payload, await caKey()))).toBe("json");
  });
});

/** What our verification does, with key and algorithm of the vector in the place of ours. */
async function verifyVector(token: string, key: JWK, alg: string): Promise<void> {
  parseCompact(token, { subject: "access-token", maxBytes: 8192, headerMembers: ["alg", "kid"] });
  await compactVerify(token, await importJWK(key, alg), { algorithms: [alg] });
}

/** Byte-identical to the valid 357. */
const MISLABELLED = new Set([367, 370]);
/** The vectors' own documentation lets these go either way. */
const EITHER = new Set([346, 347, 350, 351, 372, 373]);

describeVectors(files, "wycheproof/json_web_signature_test.json", ({ testGroups }) => {
  const cases = testGroups.flatMap((group) => {
    const key = group.public ?? group.private;
    return group.tests.map((test) => ({ ...test, key }));
  });
  const judged = cases.filter(({ tcId }) => !MISLABELLED.has(tcId) && !EITHER.has(tcId));
  const run = async ({ jws, key }: (typeof cases)[number]) => {
    if (key.use === "enc" || (key.key_ops && !key.key_ops.includes("verify")))
      throw new Error("a key for something else");
    await verifyVector(jws, key, key.alg ?? "none");
  };

  it("[T9] 353 of 353 invalid are refused and 40 of 40 valid are accepted", async () => {
    const tally = { invalid: 0, refused: 0, valid: 0, accepted: 0 };
    for (const entry of judged) {
      const passes = await run(entry).then(
        () => true,
        () => false,
      );
      tally[entry.result] += 1;
      if (entry.result === "invalid" && !passes) tally.refused += 1;
      if (entry.result === "valid" && passes) tally.accepted += 1;
    }
    expect(tally).toEqual({ invalid: 353, refused: 353, valid: 40, accepted: 40 });
    expect(cases).toHaveLength(353 + 40 + MISLABELLED.size + EITHER.size);
  });

  it.each(judged.filter(({ result }) => result === "invalid"))(
    "[T9] refuses $tcId $comment",
    async (entry) => {
      await expect(run(entry)).rejects.toThrow();
    },
  );

  it.each(judged.filter(({ result }) => result === "valid"))(
    "[T9] accepts $tcId $comment",
    async (entry) => {
      await expect(run(entry)).resolves.toBeUndefined();
    },
  );

  it.each(cases.filter(({ tcId }) => [360, 365, 368, 375].includes(tcId)))(
    "[T3] refuses $tcId $comment, which jose alone accepts",
    async ({ jws, key }) => {
      const hs256 = await importJWK(key, "HS256");
      await expect(compactVerify(jws, hs256, { algorithms: ["HS256"] })).resolves.toBeDefined();
      await expect(verifyVector(jws, key, "HS256")).rejects.toThrow(/not encoded canonically/);
    },
  );
});

describeVectors(files, "wycheproof/json_web_crypto_test.json", ({ testGroups }) => {
  it("[T5] none of its 83 tokens, signed or encrypted, passes for one of ours", async () => {
    const tests = testGroups.flatMap((group) => group.tests);
    expect(tests).toHaveLength(83);
    for (const { tcId, jws, jwe } of tests) {
      const token = jws ?? jwe;
      const text = typeof token === "string" ? token : JSON.stringify(token);
      expect(await verdict(text), `tcId ${tcId}`).toMatch(/^(?!accepted)[a-z_]+$/);
    }
  });
});

describeVectors(files, "jose-rfc.json", ({ jws }) => {
  it.each(jws)("[T9] finds $id $expect", async ({ alg, jwk, jws: token, expect: expected }) => {
    const verified = verifyVector(token, jwk ?? CA_JWK, alg);
    await (expected === "valid"
      ? expect(verified).resolves.toBeUndefined()
      : expect(verified).rejects.toThrow());
  });
});
