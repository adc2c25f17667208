// The 13 examples of RFC 9421: base and signature are judged as the RFC says, and none passes for one of our profile.
import type { webcrypto } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { fromBase64 } from "../src/base64.ts";
import { fromBase64url, verifySignedRequest } from "../src/index.ts";
import { parseSignature, signatureBase } from "../src/signature-profile.ts";
import { NOW_MS, reasonOf, signedRequest, withHeaders } from "./builders.ts";
import { utf8 } from "./forge.ts";
import { baseByOthers } from "./independent-signer.ts";
import { baseOf } from "./rfc9421-base.ts";
import { describeVectors, type VectorFiles } from "./vectors.ts";

const files = { existsSync, readFileSync };
type Example = VectorFiles["rfc9421/cases.json"]["cases"][number];
type Keys = VectorFiles["rfc9421/keys.json"]["keys"];

/** The algorithms of section 3.3 that the examples use, as WebCrypto calls them: for the import, and to verify with. */
const ALGORITHMS = {
  "rsa-pss-sha512": [
    { name: "RSA-PSS", hash: "SHA-512" },
    { name: "RSA-PSS", saltLength: 64 },
  ],
  "ecdsa-p256-sha256": [
    { name: "ECDSA", namedCurve: "P-256" },
    { name: "ECDSA", hash: "SHA-256" },
  ],
  "hmac-sha256": [{ name: "HMAC", hash: "SHA-256" }, { name: "HMAC" }],
  ed25519: [{ name: "Ed25519" }, { name: "Ed25519" }],
} as const;

/** The other implementation has no `@query-param`. */
const UNKNOWN_TO_OTHERS = ["sig-b22"];

async function verifies({ alg, keyid, signature }: Example, keys: Keys, base: string) {
  const [importing, verifying] = ALGORITHMS[alg as keyof typeof ALGORITHMS];
  const { kty, crv, n, e, x, y, k } = keys.find(({ kid }) => kid === keyid) ?? {};
  const bytes = fromBase64(signature.replace(/^[^:]*:|:$/g, ""));
  const key =
    k === undefined
      ? await crypto.subtle.importKey(
          "jwk",
          { kty, crv, n, e, x, y } as webcrypto.JsonWebKey,
          importing,
          true,
          ["verify"],
        )
      : await crypto.subtle.importKey("raw", fromBase64url(k) as never, importing, true, [
          "verify",
        ]);
  return crypto.subtle.verify(verifying, key, bytes as never, utf8(base));
}

describeVectors(files, "rfc9421/cases.json", ({ cases }) => {
  describeVectors(files, "rfc9421/keys.json", ({ keys }) => {
    it.each(cases)(
      "[Q12] $id is $expect, over the base that its message gives",
      async (example) => {
        const base = baseOf(example);
        if (example.signatureBase !== null) expect(base).toBe(example.signatureBase);
        expect(await verifies(example, keys, base)).toBe(example.expect === "valid");
      },
    );

    it("[Q12] 13 of 13 are judged as the RFC says: 11 valid, 2 invalid, by four algorithms", async () => {
      const verdicts = cases.map(async (example) =>
        (await verifies(example, keys, baseOf(example))) ? "valid" : "invalid",
      );
      const found = await Promise.all(verdicts);
      expect(found).toEqual(cases.map((example) => example.expect));
      expect(found.filter((verdict) => verdict === "valid")).toHaveLength(11);
      expect(found.filter((verdict) => verdict === "invalid")).toHaveLength(2);
      expect(new Set(cases.map(({ alg }) => alg))).toEqual(new Set(Object.keys(ALGORITHMS)));
    });
  });

  it.each(cases.filter(({ id }) => !UNKNOWN_TO_OTHERS.includes(id)))(
    "[Q12] another implementation finds the same base for $id",
    async (example) => {
      expect(await baseByOthers(example)).toBe(baseOf(example));
    },
  );

  it.each(cases)("[Q2] $id is not a signature of our profile", async (example) => {
    const { signatureInput, signature } = example;
    const { request, gate } = await signedRequest();
    const fields = { "signature-input": signatureInput, signature };
    const arrived = withHeaders(request, fields);
    expect(await reasonOf(verifySignedRequest(arrived, gate, NOW_MS))).toBe("coverage");
  });

  it("[Q12] our base is laid out line by line like those of the RFC", async () => {
    const { request } = await signedRequest();
    const { method, url, headers } = request;
    const field = (name: string) => headers.get(name) ?? "";
    const fields = [...headers].map(([name, value]) => `${name}: ${value}`);
    const message = [`${method} ${url} HTTP/1.1`, ...fields].join("\n");
    const signatureInput = field("signature-input");
    const values = {
      "@method": method,
      "@target-uri": url,
      "content-type": field("content-type"),
      "content-digest": field("content-digest"),
      "acos-certificate": field("acos-certificate"),
      "acos-run": field("acos-run"),
    };
    const { text } = parseSignature(signatureInput, field("signature"));
    expect(baseOf({ message, signatureInput })).toBe(signatureBase(values, text));
  });
});
