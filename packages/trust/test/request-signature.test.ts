// Signed requests: what is accepted, what is refused, and in which order it is looked at.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import {
  KeyRing,
  createRequestGate,
  publicJwks,
  signRequest,
  thumbprintOf,
  toBase64url,
  verifySignedRequest,
  type PublicJwk,
} from "../src/index.ts";
import {
  ATTACKER_JWK,
  BODY,
  CA_JWK,
  NOW_MS,
  RUN,
  SESSION_JWK,
  TARGET,
  caRing,
  certificateWith,
  publicHalf,
  reasonOf,
  sessionKey,
  signedRequest,
  withHeaders,
} from "./builders.ts";
import { utf8 } from "./forge.ts";
import { resigned, verifyIndependently } from "./independent-signer.ts";
import { ATTACK_IDS, arrivalOf } from "./rfc9421-attacks.ts";
import { describeVectors } from "./vectors.ts";

const files = { existsSync, readFileSync };
const nonce = () => crypto.getRandomValues(new Uint8Array(16));

describe("a signed request", () => {
  it("[Q1] is accepted, and says which group it speaks for and for which run", async () => {
    const { request, gate } = await signedRequest();
    const verified = await verifySignedRequest(request, gate, NOW_MS);
    expect(verified).toMatchObject({
      run: RUN,
      certificate: { epoch: 3, caps: { tools: ["calculate"] } },
    });
  });

  it("[Q1] may have no run behind it", async () => {
    const { request, gate } = await signedRequest({ run: null });
    expect(await verifySignedRequest(request, gate, NOW_MS)).toMatchObject({ run: null });
  });

  it("[Q1] may have an empty body", async () => {
    const { request, gate } = await signedRequest({}, new Uint8Array());
    expect(await reasonOf(verifySignedRequest(request, gate, NOW_MS))).toBe("accepted");
  });

  it("[Q2] is refused when another order of the same components was signed", async () => {
    const { request, gate } = await signedRequest();
    const components = [
      "@target-uri",
      "@method",
      "content-type",
      "content-digest",
      "acos-certificate",
      "acos-run",
    ];
    const other = await resigned(request, { components });
    expect(await reasonOf(verifySignedRequest(other, gate, NOW_MS))).toBe("coverage");
  });

  it.each([
    [-5001, "not_yet_valid"],
    [-5000, "accepted"],
    [0, "accepted"],
    [29_999, "accepted"],
    [30_000, "expired"],
  ])("[Q3] verified %i ms after it was signed is %s", async (offsetMs, expected) => {
    const { request, gate } = await signedRequest();
    expect(await reasonOf(verifySignedRequest(request, gate, NOW_MS + offsetMs))).toBe(expected);
  });

  it("[Q4] is refused when its certificate was made for another audience", async () => {
    const certificate = await certificateWith({ audience: "acos:sandbox-host" });
    const { request, gate } = await signedRequest({ certificate });
    expect(await reasonOf(verifySignedRequest(request, gate, NOW_MS))).toBe("audience");
  });

  it("[Q4] is refused when its certificate has expired", async () => {
    const certificate = await certificateWith({}, NOW_MS - 900_000);
    const { request, gate } = await signedRequest({ certificate });
    expect(await reasonOf(verifySignedRequest(request, gate, NOW_MS))).toBe("expired");
  });

  it("[Q5] is refused when its key is not the one of its certificate", async () => {
    const certificate = await certificateWith({ publicJwk: publicHalf(ATTACKER_JWK) });
    const { request, gate } = await signedRequest({ certificate });
    expect(await reasonOf(verifySignedRequest(request, gate, NOW_MS))).toBe("key_mismatch");
  });

  it.each([
    ["content-type", "text/plain", "signature"],
    ["acos-run", "-", "signature"],
    ["content-digest", `sha-256=:${"A".repeat(43)}=:`, "signature"],
  ])("[Q6] is refused when %s was changed on the way", async (name, value, reason) => {
    const { request, gate } = await signedRequest();
    const changed = withHeaders(request, { [name]: value });
    expect(await reasonOf(verifySignedRequest(changed, gate, NOW_MS))).toBe(reason);
  });

  it("[Q7] is refused when the body is not the one that was signed", async () => {
    const { request, gate } = await signedRequest();
    const changed = { ...request, body: utf8('{"turn":2}') };
    expect(await reasonOf(verifySignedRequest(changed, gate, NOW_MS))).toBe("digest");
  });

  it("[Q8] is accepted once, and a refused one does not use up its nonce", async () => {
    const { request, gate } = await signedRequest();
    const changed = { ...request, body: utf8("{}") };
    expect(await reasonOf(verifySignedRequest(changed, gate, NOW_MS))).toBe("digest");
    expect(await reasonOf(verifySignedRequest(request, gate, NOW_MS))).toBe("accepted");
    expect(await reasonOf(verifySignedRequest(request, gate, NOW_MS))).toBe("used");
  });

  it("[Q8] sent twice at the same moment is accepted once", async () => {
    const { request, gate } = await signedRequest();
    const twice = [0, 1].map(async () => reasonOf(verifySignedRequest(request, gate, NOW_MS)));
    expect((await Promise.all(twice)).toSorted()).toEqual(["accepted", "used"]);
  });

  it("[Q9] is refused for its size before anything else is looked at", async () => {
    const { request, gate } = await signedRequest();
    const small = { ...gate, bodyMaxBytes: BODY.length - 1 };
    expect(await reasonOf(verifySignedRequest(request, small, NOW_MS))).toBe("too_large");
    const long = { ...request, url: `${TARGET}&${"x".repeat(8192)}` };
    expect(await reasonOf(verifySignedRequest(long, gate, NOW_MS))).toBe("too_large");
  });

  it("[Q10] is refused when a header field would make another request of it", async () => {
    const { request, gate } = await signedRequest();
    for (const name of ["x-forwarded-host", "x-http-method-override", "x-original-url"]) {
      const changed = withHeaders(request, { [name]: "x" });
      expect(await reasonOf(verifySignedRequest(changed, gate, NOW_MS))).toBe("override");
    }
  });

  it("[Q11] is looked at in the order of cost: each check hides what the later ones would find", async () => {
    const { request, gate } = await signedRequest({ certificate: "no.certi.ficate" });
    const stages = [
      {
        change: { "x-rewrite-url": "/x" },
        body: utf8("other"),
        nowMs: NOW_MS + 60_000,
        reason: "override",
      },
      {
        change: { signature: "sig1=:AA==:" },
        body: utf8("other"),
        nowMs: NOW_MS + 60_000,
        reason: "coverage",
      },
      { change: {}, body: utf8("other"), nowMs: NOW_MS + 60_000, reason: "expired" },
      { change: {}, body: utf8("other"), nowMs: NOW_MS, reason: "encoding" },
    ];
    for (const { change, body, nowMs, reason } of stages) {
      const arrived = { ...withHeaders(request, change), body };
      expect(await reasonOf(verifySignedRequest(arrived, gate, nowMs))).toBe(reason);
    }
    const signed = await signedRequest();
    const tampered = { ...withHeaders(signed.request, { "acos-run": "-" }), body: utf8("other") };
    expect(await reasonOf(verifySignedRequest(tampered, signed.gate, NOW_MS))).toBe("signature");
  });
});

describe("the profile and other implementations", () => {
  it("[Q12] another implementation of RFC 9421 verifies what we sign", async () => {
    const { request } = await signedRequest();
    const jwk: PublicJwk = publicHalf(SESSION_JWK);
    const key = await crypto.subtle.importKey("jwk", { ...jwk }, "Ed25519", true, ["verify"]);
    await expect(verifyIndependently(request, key)).resolves.toBeUndefined();
    const changed = withHeaders(request, { "acos-run": "-" });
    await expect(verifyIndependently(changed, key)).rejects.toThrow();
  });

  it("[Q12] we verify what another implementation signs in our profile", async () => {
    const { request, gate } = await signedRequest();
    const other = await resigned(request, { label: "their-label" });
    expect(await reasonOf(verifySignedRequest(other, gate, NOW_MS))).toBe("accepted");
  });
});

describe("what a gate keeps", () => {
  it("[Q13] a certificate that was verified before still expires", async () => {
    const certificate = await certificateWith({}, NOW_MS - 880_000);
    const first = await signedRequest({ certificate });
    await verifySignedRequest(first.request, first.gate, NOW_MS);
    const second = await signedRequest({ certificate });
    expect(await reasonOf(verifySignedRequest(second.request, first.gate, NOW_MS + 20_000))).toBe(
      "expired",
    );
  });

  it("[Q13] a rotated ring no longer believes what it believed before", async () => {
    const { request, gate } = await signedRequest();
    await verifySignedRequest(request, gate, NOW_MS);
    const next = await KeyRing.fromJwks(await publicJwks([ATTACKER_JWK]));
    const again = await signedRequest();
    const rotated = { ...gate, ring: next };
    expect(await reasonOf(verifySignedRequest(again.request, rotated, NOW_MS))).toBe("unknown_key");
  });

  it("[Q13] during an overlap both the current and the next CA key are believed", async () => {
    const { request, gate } = await signedRequest();
    const ring = await KeyRing.fromJwks(await publicJwks([ATTACKER_JWK, CA_JWK]));
    expect(await reasonOf(verifySignedRequest(request, { ...gate, ring }, NOW_MS))).toBe(
      "accepted",
    );
  });

  it("[S3] once a later epoch was seen, a certificate of an earlier one is refused", async () => {
    const later = await signedRequest({ certificate: await certificateWith({ epoch: 4 }) });
    const earlier = await signedRequest({ certificate: await certificateWith({ epoch: 3 }) });
    await verifySignedRequest(later.request, later.gate, NOW_MS);
    expect(await reasonOf(verifySignedRequest(earlier.request, later.gate, NOW_MS))).toBe("epoch");
  });

  it("[S1] a key that may lie off the curve never verifies anything", async () => {
    const { key } = await sessionKey();
    for (let y = 2; y < 12; y += 1) {
      const x = toBase64url(Uint8Array.of(y, ...new Uint8Array(31)));
      const publicJwk = { kty: "OKP", crv: "Ed25519", x } as const;
      const certificate = await certificateWith({ publicJwk });
      const forger = { key, keyId: await thumbprintOf(publicJwk) };
      const { request, gate } = await signedRequest({ certificate, key: forger });
      const reason = await reasonOf(verifySignedRequest(request, gate, NOW_MS));
      expect(reason).toMatch(/^(signature|confirmation)$/);
    }
  });
});

describe("signing", () => {
  const request = {
    method: "POST",
    url: TARGET,
    headers: new Headers({ "content-type": "text/plain" }),
    body: BODY,
  };
  const sign = async (change: Partial<typeof request>) => {
    const signer = { ...(await sessionKey()), certificate: await certificateWith(), run: RUN };
    return reasonOf(
      signRequest({ ...request, ...change }, { ...signer, nonce: nonce(), nowMs: NOW_MS }),
    );
  };

  it.each([
    "http://agents.internal/turns",
    "https://agents.internal.example/turns",
    "https://agents.internal/a/../turns",
    "https://agents.internal/turns#part",
    "https://user@agents.internal/turns",
    "/turns",
  ])("[Q14] refuses the target %s, which could not be verified", async (url) => {
    expect(await sign({ url })).toBe("target");
  });

  it("[Q14] refuses a request without a content type, and a nonce that is not 128 bits", async () => {
    expect(await sign({ headers: new Headers() })).toBe("field");
    const signer = {
      ...(await sessionKey()),
      certificate: await certificateWith(),
      run: RUN,
      nowMs: NOW_MS,
    };
    expect(await reasonOf(signRequest(request, { ...signer, nonce: new Uint8Array(8) }))).toBe(
      "malformed",
    );
  });
});

/** Nothing stateless can tell these from the first request; SPEC.md says what makes them harmless. */
const KNOWN_GAPS = ["replay to other colo/instance"];

describeVectors(files, "rfc9421-negatives.json", ({ cases }) => {
  it("[Q2] all 51 attacks of the list are tried", () => {
    expect(cases).toHaveLength(51);
    expect(ATTACK_IDS.toSorted()).toEqual(cases.map(({ id }) => id).toSorted());
  });

  it.each(cases)("[Q2] $expect: $id", async ({ id, expect: verdict }) => {
    const { request, gate } = await signedRequest();
    const arrival = await arrivalOf(id, request);
    const elsewhere = createRequestGate("acos:agents-worker", await caRing());
    if (arrival.elsewhere) await verifySignedRequest(arrival.elsewhere, elsewhere, NOW_MS);
    if (arrival.before) await verifySignedRequest(arrival.before, gate, NOW_MS);
    const reason = await reasonOf(
      verifySignedRequest(arrival.request, gate, arrival.nowMs ?? NOW_MS),
    );
    if (verdict === "accept" || KNOWN_GAPS.includes(id)) expect(reason).toBe("accepted");
    else expect(reason).toMatch(/^[a-z_]+$/);
    if (verdict === "reject" && !KNOWN_GAPS.includes(id)) expect(reason).not.toBe("accepted");
  });
});
