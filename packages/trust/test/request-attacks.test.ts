// Attacks on signed requests beyond the list: each is refused, and for the reason it should be.
import { describe, expect, it } from "vitest";

import { signRequest, verifySignedRequest } from "../src/index.ts";
import {
  NOW_MS,
  OTHER_GROUP,
  RUN,
  certificateWith,
  reasonOf,
  sessionKey,
  signedRequest,
  withHeaders,
} from "./builders.ts";
import { REQUEST_ATTACKS } from "./request-attacks.ts";

describe("beyond the list: signed requests", () => {
  it.each(REQUEST_ATTACKS)("[Q2] [Q6] refuses $what", async ({ attack, reason }) => {
    const { request, gate } = await signedRequest();
    const attacked = await attack(request);
    expect(await reasonOf(verifySignedRequest(attacked, gate, NOW_MS))).toBe(reason);
    expect(await reasonOf(verifySignedRequest(request, gate, NOW_MS))).toBe("accepted");
  });

  it("[Q6] refuses the certificate of another group for the same session key", async () => {
    const { request, gate } = await signedRequest();
    const other = await certificateWith({ group: OTHER_GROUP });
    const swapped = withHeaders(request, { "acos-certificate": other });
    expect(await reasonOf(verifySignedRequest(swapped, gate, NOW_MS))).toBe("signature");
  });

  it("[Q7] refuses the body of another request that was rightly signed", async () => {
    const { request, gate } = await signedRequest();
    const other = await signedRequest({}, new TextEncoder().encode('{"turn":2}'));
    const mixed = { ...request, body: other.request.body };
    expect(await reasonOf(verifySignedRequest(mixed, gate, NOW_MS))).toBe("digest");
    const digest = other.request.headers.get("content-digest");
    const both = { ...withHeaders(request, { "content-digest": digest }), body: mixed.body };
    expect(await reasonOf(verifySignedRequest(both, gate, NOW_MS))).toBe("signature");
  });

  it("[Q4] refuses a request to the Sandbox Host at the Agents Worker", async () => {
    const { request, gate } = await signedRequest();
    const url = "https://sandbox.internal/turns";
    const signer = { certificate: await certificateWith({ audience: "acos:sandbox-host" }) };
    const added = await signRequest(
      { ...request, url },
      { ...(await sessionKey()), ...signer, run: RUN, nonce: new Uint8Array(16), nowMs: NOW_MS },
    );
    const sent = { ...withHeaders(request, added), url };
    expect(await reasonOf(verifySignedRequest(sent, gate, NOW_MS))).toBe("target");
    const readdressed = { ...sent, url: request.url };
    expect(await reasonOf(verifySignedRequest(readdressed, gate, NOW_MS))).toBe("audience");
  });

  it("[Q2] 121 attacks are not in the list", () => {
    expect(REQUEST_ATTACKS).toHaveLength(121);
    expect(new Set(REQUEST_ATTACKS.map(({ what }) => what)).size).toBe(121);
  });
});
