// What every kind of token promises about its claims, and what each kind adds.
import { describe, expect, it } from "vitest";
import { makeId, TOKEN_MAX_BYTES, type UserId } from "@acos/protocol";

import {
  CAP_LIST_MAX,
  KeyRing,
  TrustError,
  argumentsDigest,
  requireWithinCaps,
  sha256Hex,
  canonicalJson,
  signAccessToken,
  signRoutingToken,
  signSessionCertificate,
  signToolGrant,
  verifyAccessToken,
  verifyRoutingToken,
  verifySessionCertificate,
  verifyToolGrant,
} from "../src/index.ts";
import {
  AGENT,
  CERTIFICATE_CLAIMS,
  GROUP,
  NOW_MS,
  NOW_S,
  ORG,
  OTHER_AGENT,
  OTHER_GROUP,
  RUN,
  SESSION_JWK,
  caKey,
  caRing,
  certificateWith,
  publicHalf,
  reasonOf,
  sessionKey,
} from "./builders.ts";
import { forge } from "./forge.ts";
import {
  ACCESS_CLAIMS,
  ROUTING_CLAIMS,
  TOKEN_FIXTURES,
  TOOL_GRANT_CLAIMS,
  decodeToken,
} from "./token-fixtures.ts";

describe.each(TOKEN_FIXTURES)("every token: $subject", (fixture) => {
  const resigned = async (changes: Record<string, unknown>) => {
    const { header, payload } = decodeToken(await fixture.sign());
    return forge(header, { ...payload, ...changes }, await fixture.signer());
  };

  it("[C1] refuses another issuer and another audience, though rightly signed", async () => {
    expect(await reasonOf(fixture.verify(await resigned({ iss: "acos:other" })))).toBe("issuer");
    expect(await reasonOf(fixture.verify(await resigned({ aud: "acos:other" })))).toBe("audience");
  });

  it("[C2] counts until the millisecond before its expiry, and not from it on", async () => {
    const verdicts = [fixture.ttlMs - 1, fixture.ttlMs].map(async (offsetMs) =>
      reasonOf(fixture.verify(await fixture.sign(), undefined, NOW_MS + offsetMs)),
    );
    expect(await Promise.all(verdicts)).toEqual(["accepted", "expired"]);
  });

  it("[C2] forgives an issuer whose clock is 5 s ahead, and not more", async () => {
    const verdicts = [-5000, -5001].map(async (offsetMs) =>
      reasonOf(fixture.verify(await fixture.sign(), undefined, NOW_MS + offsetMs)),
    );
    expect(await Promise.all(verdicts)).toEqual(["accepted", "not_yet_valid"]);
  });

  it("[C3] refuses a life one second longer than its kind may have", async () => {
    const exp = NOW_S + fixture.ttlMs / 1000 + 1;
    expect(await reasonOf(fixture.verify(await resigned({ exp })))).toBe("lifetime");
  });

  it("[C4] refuses a payload that lacks any one of its claims", async () => {
    const { header, payload } = decodeToken(await fixture.sign());
    for (const name of Object.keys(payload).filter((claim) => claim !== "scopes")) {
      const rest = Object.fromEntries(Object.entries(payload).filter(([claim]) => claim !== name));
      const reason = await reasonOf(
        fixture.verify(await forge(header, rest, await fixture.signer())),
      );
      expect(reason, name).toMatch(/^(claim|issuer|audience|confirmation)$/);
    }
  });

  it("[T6] is refused in the place of every other kind", async () => {
    const token = await fixture.sign();
    for (const other of TOKEN_FIXTURES.filter((candidate) => candidate !== fixture)) {
      const keys = await fixture.keys();
      expect(await reasonOf(other.verify(token, keys)), other.subject).toBe("type");
    }
  });
});

describe("issuing", () => {
  it("[C5] refuses claims that verification would refuse", async () => {
    const wrong = { ...ROUTING_CLAIMS, name: "" };
    expect(await reasonOf(signRoutingToken(wrong, await caKey(), NOW_MS))).toBe("claim");
    const notAnId = { ...ROUTING_CLAIMS, user: "usr_short" as UserId };
    expect(await reasonOf(signRoutingToken(notAnId, await caKey(), NOW_MS))).toBe("claim");
  });

  it("[C5] refuses to make a token larger than one may be", async () => {
    const tools = Array.from({ length: 64 }, (_, index) => `${index}`.padEnd(128, "x"));
    const certificate = signSessionCertificate(
      { ...CERTIFICATE_CLAIMS, caps: { tools } },
      await caKey(),
      NOW_MS,
    );
    await expect(certificate).rejects.toMatchObject({ code: "too_large" });
  });
});

describe("session certificate", () => {
  const verify = async (token: string, minEpoch = 0) =>
    verifySessionCertificate(token, await caRing(), {
      audience: "acos:agents-worker",
      nowMs: NOW_MS,
      minEpoch,
    });
  const resigned = async (changes: Record<string, unknown>) => {
    const { header, payload } = decodeToken(await certificateWith());
    return forge(header, { ...payload, ...changes }, await caKey());
  };

  it("[S1] gives back what was signed", async () => {
    const certificate = await verify(await certificateWith());
    expect(certificate).toEqual({
      ...CERTIFICATE_CLAIMS,
      issuedAtMs: NOW_MS,
      expiresAtMs: NOW_MS + 900_000,
    });
  });

  it("[S1] refuses a private key in cnf", async () => {
    expect(await reasonOf(verify(await resigned({ cnf: { jwk: SESSION_JWK } })))).toBe(
      "confirmation",
    );
  });

  it("[S2] refuses a subject that is not its org and group", async () => {
    const sub = `${ORG}/${OTHER_GROUP}`;
    expect(await reasonOf(verify(await resigned({ sub })))).toBe("claim");
  });

  it("[S3] refuses an epoch below the one asked for", async () => {
    expect(await reasonOf(verify(await certificateWith({ epoch: 3 }), 3))).toBe("accepted");
    expect(await reasonOf(verify(await certificateWith({ epoch: 3 }), 4))).toBe("epoch");
  });

  it("[S4] refuses a cap it does not know instead of not limiting by it", async () => {
    const caps = { maxTokensPerTurn: 1, maxNewThings: 1 };
    expect(await reasonOf(verify(await resigned({ caps })))).toBe("claim");
  });
});

describe("caps", () => {
  const caps = {
    maxTokensPerTurn: 100,
    maxCostPerTurn: 5,
    maxTurns: 10,
    maxTokens: 1000,
    maxCost: 50,
    tools: ["calculate"],
    agents: [AGENT],
  };

  it.each([
    [{ tokens: 100, cost: 5, tools: ["calculate"], agent: AGENT }],
    [{ inAll: { turns: 10, tokens: 1000, cost: 50 } }],
    [{}],
    [{ tools: [] }],
  ])("[S5] allows %j", (use) => {
    expect(() => requireWithinCaps(caps, use)).not.toThrow();
  });

  it("[S5] come back from a certificate as they went in", async () => {
    const token = await certificateWith({ caps });
    const expected = { audience: "acos:agents-worker", nowMs: NOW_MS } as const;
    const verified = await verifySessionCertificate(token, await caRing(), expected);
    expect(verified.caps).toEqual(caps);
  });

  it.each([
    ["maxTokensPerTurn", { tokens: 101 }],
    ["maxTokensPerTurn", { tokens: Number.NaN }],
    ["maxCostPerTurn", { cost: 6 }],
    ["maxTurns", { inAll: { turns: 11, tokens: 0, cost: 0 } }],
    ["maxTokens", { inAll: { turns: 1, tokens: 1001, cost: 0 } }],
    ["maxCost", { inAll: { turns: 1, tokens: 1, cost: Number.NaN } }],
    ["tools", { tools: ["calculate", "http"] }],
    ["agents", { agent: OTHER_AGENT }],
  ])("[S5] refuses work over %s: %j", (about, use) => {
    expect(() => requireWithinCaps(caps, use)).toThrow(
      expect.objectContaining({ code: "over_cap", about }) as Error,
    );
  });

  it("[S6] of a certificate leave it small enough with the longest list of agents and every number", async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const agents = Array.from({ length: CAP_LIST_MAX }, (_, place) =>
      makeId("agent", NOW_MS + place, new Uint8Array(10).fill(place)),
    );
    const { tools: _, ...counted } = caps;
    const numbers = Object.fromEntries(Object.keys(counted).map((name) => [name, most]));
    const token = await certificateWith({ caps: { ...numbers, agents } });
    expect(token.length).toBeLessThan(TOKEN_MAX_BYTES * 0.95);
  });

  it("[S5] does not limit where there is no cap", () => {
    expect(() =>
      requireWithinCaps({}, { tokens: 1e9, tools: ["any"], agent: AGENT }),
    ).not.toThrow();
  });
});

describe("routing token", () => {
  it("[R1] opens the group it was made for and no other", async () => {
    const token = await signRoutingToken(ROUTING_CLAIMS, await caKey(), NOW_MS);
    const verify = async (group: typeof GROUP) =>
      verifyRoutingToken(token, await caRing(), { group, nowMs: NOW_MS });
    expect(await verify(GROUP)).toEqual({
      ...ROUTING_CLAIMS,
      issuedAtMs: NOW_MS,
      expiresAtMs: NOW_MS + 60_000,
    });
    expect(await reasonOf(verify(OTHER_GROUP))).toBe("audience");
  });

  it("[R1] refuses a group claim that is not the group of its audience", async () => {
    const { header, payload } = decodeToken(
      await signRoutingToken(ROUTING_CLAIMS, await caKey(), NOW_MS),
    );
    const forged = await forge(header, { ...payload, group: OTHER_GROUP }, await caKey());
    const verdict = verifyRoutingToken(forged, await caRing(), { group: GROUP, nowMs: NOW_MS });
    expect(await reasonOf(verdict)).toBe("claim");
  });
});

describe("access token", () => {
  it("[A1] gives back who it is, by what, in which orgs, with which scopes", async () => {
    const token = await signAccessToken(ACCESS_CLAIMS, await caKey(), NOW_MS);
    const verified = await verifyAccessToken(token, await caRing(), { nowMs: NOW_MS });
    expect(verified).toEqual({
      ...ACCESS_CLAIMS,
      issuedAtMs: NOW_MS,
      expiresAtMs: NOW_MS + 300_000,
    });
  });

  it("[A1] of a session has no scopes", async () => {
    const { scopes: _, ...claims } = { ...ACCESS_CLAIMS, via: "session" } as const;
    const token = await signAccessToken(claims, await caKey(), NOW_MS);
    const verified = await verifyAccessToken(token, await caRing(), { nowMs: NOW_MS });
    expect(verified).not.toHaveProperty("scopes");
  });
});

describe("tool grant", () => {
  const keys = () => KeyRing.of([publicHalf(SESSION_JWK)]);

  it("[G1] is good for one call with exactly these arguments", async () => {
    const digest = await argumentsDigest("mail", { to: "ann", amount: 3 });
    const claims = { ...TOOL_GRANT_CLAIMS, argumentsDigest: digest };
    const token = await signToolGrant(claims, await sessionKey(), NOW_MS);
    const verified = await verifyToolGrant(token, await keys(), { ...claims, nowMs: NOW_MS });
    expect(verified).toMatchObject(claims);
  });

  it("[G1] its digest is that of the tool's name and its arguments, in whatever order they are written", async () => {
    const digest = await argumentsDigest("mail", { to: "ann", amount: 3 });
    expect(digest).toBe(
      await sha256Hex(canonicalJson({ tool: "mail", arguments: { to: "ann", amount: 3 } })),
    );
    expect(await argumentsDigest("mail", { amount: 3, to: "ann" })).toBe(digest);
    expect(await argumentsDigest("post", { to: "ann", amount: 3 })).not.toBe(digest);
  });

  it.each([
    ["turn", { turn: 3 }],
    ["dispatch", { dispatch: 2 }],
    ["run", { run: RUN.replace(/.$/, "0") as typeof RUN }],
    ["argumentsDigest", { argumentsDigest: "cd".repeat(32) }],
  ])("[G1] is refused for another %s", async (about, change) => {
    const token = await signToolGrant(TOOL_GRANT_CLAIMS, await sessionKey(), NOW_MS);
    const expected = { ...TOOL_GRANT_CLAIMS, ...change, nowMs: NOW_MS };
    await expect(verifyToolGrant(token, await keys(), expected)).rejects.toMatchObject({
      reason: "binding",
      about,
    });
  });

  it("[G1] of one group is refused for another", async () => {
    const token = await signToolGrant(TOOL_GRANT_CLAIMS, await sessionKey(), NOW_MS);
    const expected = { ...TOOL_GRANT_CLAIMS, group: OTHER_GROUP, nowMs: NOW_MS };
    expect(await reasonOf(verifyToolGrant(token, await keys(), expected))).toBe("issuer");
  });

  it("[G1] is refused under the Orchestrator's key: only the group may grant", async () => {
    const token = await signToolGrant(TOOL_GRANT_CLAIMS, await caKey(), NOW_MS);
    const verdict = verifyToolGrant(token, await keys(), { ...TOOL_GRANT_CLAIMS, nowMs: NOW_MS });
    expect(await reasonOf(verdict)).toBe("unknown_key");
  });
});

describe("errors", () => {
  it.each([
    ["routing-token", "expired", "expired_token"],
    ["routing-token", "signature", "invalid_token"],
    ["routing-token", "used", "used_token"],
    ["session-certificate", "expired", "invalid_certificate"],
    ["session-certificate", "over_cap", "over_cap"],
    ["signed-request", "digest", "invalid_signature"],
    ["signed-request", "too_large", "too_large"],
    ["secret", "signature", "internal"],
  ] as const)("[X1] a %s refused as %s has the code %s", (subject, reason, code) => {
    const error = new TrustError(subject, reason);
    expect(error.code).toBe(code);
    expect(error.problem).toEqual({ code, message: error.message });
  });
});
