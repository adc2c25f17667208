// The examples of RFC 9421: their Ed25519 signatures verify, and none of them passes for one of our profile.
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { parseSignature, signatureBase, signatureParamsText } from "../src/signature-profile.ts";
import { fromBase64 } from "../src/base64.ts";
import { reasonOf } from "./builders.ts";
import { utf8 } from "./forge.ts";
import { describeVectors } from "./vectors.ts";

/** RFC 9421, appendix B.1.4 (test-key-ed25519). */
const RFC_KEY = { kty: "OKP", crv: "Ed25519", x: "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs" };

describeVectors({ existsSync, readFileSync }, "rfc9421/cases.json", ({ cases }) => {
  const signed = cases.filter(({ alg, signatureBase: base }) => alg === "ed25519" && base !== null);

  it.each(signed)("[Q12] the signature of $id is $expect over its base", async (example) => {
    const key = await crypto.subtle.importKey("jwk", RFC_KEY, "Ed25519", true, ["verify"]);
    const value = fromBase64(example.signature.replace(/^[^:]*:|:$/g, ""));
    const base = utf8(example.signatureBase ?? "");
    expect(await crypto.subtle.verify("Ed25519", key, value as never, base)).toBe(
      example.expect === "valid",
    );
  });

  it.each(cases)(
    "[Q2] $id is not a signature of our profile",
    async ({ signatureInput, signature }) => {
      const parsed = (async () => parseSignature(signatureInput, signature))();
      expect(await reasonOf(parsed)).toBe("coverage");
    },
  );

  it("[Q12] our base is laid out line by line like those of the RFC", () => {
    const parameters = { created: 1, expires: 31, nonce: "n", keyId: "k" };
    const text = signatureParamsText(parameters);
    const names = [
      "@method",
      "@target-uri",
      "content-type",
      "content-digest",
      "acos-certificate",
      "acos-run",
    ] as const;
    const values = Object.fromEntries(names.map((name, index) => [name, `v${index}`]));
    const lines = signatureBase(values as never, text).split("\n");
    expect(lines).toEqual([
      ...names.map((name, index) => `"${name}": v${index}`),
      `"@signature-params": ${text}`,
    ]);
    for (const { signatureBase: base } of signed)
      for (const line of (base ?? "").split("\n")) expect(line).toMatch(/^"[@a-z-]+": \S/);
  });
});
