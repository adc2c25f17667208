// docs/design/trust.md shows one token of each kind and one signed request in full; this makes them again and compares.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import {
  KeyRing,
  createRequestGate,
  signAccessToken,
  signRequest,
  signRoutingToken,
  signToolGrant,
  verifyAccessToken,
  verifyRoutingToken,
  verifySignedRequest,
  verifyToolGrant,
} from "../src/index.ts";
import {
  GROUP,
  NOW_MS,
  RUN,
  SESSION_JWK,
  caKey,
  caRing,
  certificateWith,
  publicHalf,
  sessionKey,
  BODY,
  TARGET,
} from "./builders.ts";
import { ACCESS_CLAIMS, ROUTING_CLAIMS, TOOL_GRANT_CLAIMS, decodeToken } from "./token-fixtures.ts";
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

/** The claims that the document prints, and the token: in one line, and as it is. */
function shownToken(marker: string): { claims: unknown; token: string } {
  const claims: unknown = JSON.parse(shown(`${marker} claims`));
  return { claims, token: shown(marker).replaceAll("\n", "") };
}

it("[X2] the certificate says what the document prints", async () => {
  expect(decodeToken(await certificateWith()).payload).toEqual(shownToken("certificate").claims);
});

it("[X2] the routing token is that of the document, and opens its group", async () => {
  const token = await signRoutingToken(ROUTING_CLAIMS, await caKey(), NOW_MS);
  expect({ claims: decodeToken(token).payload, token }).toEqual(shownToken("routing token"));
  const expected = { group: GROUP, nowMs: NOW_MS };
  const verified = verifyRoutingToken(shownToken("routing token").token, await caRing(), expected);
  await expect(verified).resolves.toMatchObject(ROUTING_CLAIMS);
});

it("[X2] the access token is that of the document, and is believed", async () => {
  const token = await signAccessToken(ACCESS_CLAIMS, await caKey(), NOW_MS);
  expect({ claims: decodeToken(token).payload, token }).toEqual(shownToken("access token"));
  const { token: theirs } = shownToken("access token");
  const verified = verifyAccessToken(theirs, await caRing(), { nowMs: NOW_MS });
  await expect(verified).resolves.toMatchObject(ACCESS_CLAIMS);
});

it("[X2] the tool grant is that of the document, and lets its call run", async () => {
  const token = await signToolGrant(TOOL_GRANT_CLAIMS, await sessionKey(), NOW_MS);
  expect({ claims: decodeToken(token).payload, token }).toEqual(shownToken("tool grant"));
  const keys = await KeyRing.of([publicHalf(SESSION_JWK)]);
  const expected = { ...TOOL_GRANT_CLAIMS, nowMs: NOW_MS };
  const verified = verifyToolGrant(shownToken("tool grant").token, keys, expected);
  await expect(verified).resolves.toMatchObject(TOOL_GRANT_CLAIMS);
});

it("[X2] the keys of the document are the ones used", async () => {
  expect(shown("keys")).toContain((await caKey()).keyId);
  expect(shown("keys")).toContain((await sessionKey()).keyId);
});
