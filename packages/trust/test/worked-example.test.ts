// docs/design/trust.md shows one certificate and one signed request in full; this makes them again and compares.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { createRequestGate, signRequest, verifySignedRequest } from "../src/index.ts";
import {
  NOW_MS,
  RUN,
  caKey,
  caRing,
  certificateWith,
  sessionKey,
  BODY,
  TARGET,
} from "./builders.ts";
import { signatureBase, parseSignature } from "../src/signature-profile.ts";

const DOCUMENT = readFileSync(new URL("../../../docs/design/trust.md", import.meta.url), "utf8");

/** The text of the fenced block that follows the marker. */
function shown(marker: string): string {
  const block = DOCUMENT.split(`<!-- ${marker} -->`)[1]?.split("```")[1];
  if (block === undefined) throw new Error(`docs/design/trust.md has no block ${marker}`);
  return block.replace(/^\w*\n/, "").trimEnd();
}

it("[X2] the certificate, the request and its base are those of the document", async () => {
  const certificate = await certificateWith();
  expect(certificate).toBe(shown("certificate").replaceAll("\n", ""));

  const headers = new Headers({ "content-type": "application/json" });
  const nonce = Uint8Array.from({ length: 16 }, (_, index) => index);
  const signer = { ...(await sessionKey()), certificate, run: RUN, nonce, nowMs: NOW_MS };
  const request = { method: "POST", url: TARGET, headers, body: BODY };
  const added = await signRequest(request, signer);
  const text = Object.entries(added)
    .filter(([name]) => name !== "acos-certificate")
    .map(([name, value]) => `${name}: ${value}`);
  expect(text.join("\n")).toBe(shown("fields"));

  const { text: params } = parseSignature(added["signature-input"], added.signature);
  const covered = { "@method": "POST", "@target-uri": TARGET, "content-type": "application/json" };
  const base = signatureBase({ ...covered, ...added }, params);
  expect(base.replace(certificate, "<the certificate above>")).toBe(shown("base"));

  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  const gate = createRequestGate("acos:agents-worker", await caRing());
  await expect(verifySignedRequest(request, gate, NOW_MS)).resolves.toMatchObject({ run: RUN });
});

it("[X2] the keys of the document are the ones used", async () => {
  expect(shown("keys")).toContain((await caKey()).keyId);
  expect(shown("keys")).toContain((await sessionKey()).keyId);
});
