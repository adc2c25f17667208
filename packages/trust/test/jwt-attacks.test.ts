// The list of token attacks, each tried on every kind of token.
import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { describeVectors } from "./vectors.ts";
import { KeyRing, TrustError } from "../src/index.ts";
import {
  ATTACKER_JWK,
  GROUP,
  NOW_MS,
  OTHER_GROUP,
  attackerKey,
  caKey,
  caRing,
  certificateWith,
  publicHalf,
  reasonOf,
  signedRequest,
  withHeaders,
} from "./builders.ts";
import { forge } from "./forge.ts";
import { appliesTo, forgeriesOf, victimOf } from "./jwt-attacks.ts";
import { ROUTING_CLAIMS, TOKEN_FIXTURES, decodeToken } from "./token-fixtures.ts";
import { signRoutingToken, verifyRoutingToken, verifySignedRequest } from "../src/index.ts";

const hmac = (key: Uint8Array, input: Uint8Array) =>
  new Uint8Array(createHmac("sha256", key).update(input).digest());

/** Attacks on what only the group's own state knows; they are refused there (L6 of the Group Controller). */
const HELD_ELSEWHERE = ["token of deleted group used"];

describeVectors({ existsSync, readFileSync }, "jwt-attacks.json", ({ cases }) => {
  const fetched = vi.fn();
  beforeEach(() => vi.stubGlobal("fetch", fetched));
  afterEach(() => vi.unstubAllGlobals());

  for (const fixture of TOKEN_FIXTURES)
    it.each(cases.filter((attack) => attack.cat !== "cross-use" && appliesTo(attack, fixture)))(
      `[T7] ${fixture.subject} refuses $cat: $id`,
      async (attack) => {
        const forgeries = await forgeriesOf(attack, await victimOf(fixture, hmac));
        expect(forgeries).not.toHaveLength(0);
        for (const forged of forgeries) {
          const error: unknown = await fixture.verify(forged).catch((thrown: unknown) => thrown);
          expect(error).toBeInstanceOf(TrustError);
          expect((error as TrustError).message).not.toContain(forged);
        }
        expect(fetched).not.toHaveBeenCalled();
      },
    );

  it("[T7] all 129 entries of the list are tried, on every kind of token that has what they attack", async () => {
    const onTokens = cases.filter(({ cat }) => cat !== "cross-use");
    expect(cases).toHaveLength(129);
    expect(onTokens).toHaveLength(122);
    const tried = TOKEN_FIXTURES.map((fixture) => [
      fixture.subject,
      onTokens.filter((attack) => appliesTo(attack, fixture)).length,
    ]);
    // What a kind does not carry cannot be left out of it: jti, scopes and cnf.
    expect(Object.fromEntries(tried)).toEqual({
      "session-certificate": 120,
      "routing-token": 120,
      "access-token": 120,
      "tool-grant": 119,
      "preview-token": 120,
      "preview-cookie": 120,
    });
    const crossUse = cases.filter(({ cat }) => cat === "cross-use").map(({ id }) => id);
    expect(crossUse.toSorted()).toEqual([...Object.keys(CROSS_USE), ...HELD_ELSEWHERE].toSorted());
    // No attack does nothing: a forgery is never the valid token, but for the one that uses it twice.
    for (const fixture of TOKEN_FIXTURES)
      for (const attack of onTokens.filter((each) => appliesTo(each, fixture))) {
        const victim = await victimOf(fixture, hmac);
        const isReuse = attack.id.includes("reused") && fixture.subject === "routing-token";
        const unchanged = (await forgeriesOf(attack, victim)).includes(victim.token);
        expect(unchanged, `${fixture.subject}: ${attack.id}`).toBe(isReuse);
      }
  });

  it.each(cases.filter(({ cat }) => cat === "cross-use"))("[T6] refuses $id", async ({ id }) => {
    const attempt = CROSS_USE[id];
    if (HELD_ELSEWHERE.includes(id)) return expect(attempt).toBeUndefined();
    expect(await attempt?.()).not.toMatch(/accepted|undefined/);
  });
});

const CROSS_USE: Readonly<Record<string, () => Promise<string>>> = {
  "routing_token of tenant A used on tenant B": async () => {
    const token = await signRoutingToken(ROUTING_CLAIMS, await caKey(), NOW_MS);
    const expected = { group: OTHER_GROUP, nowMs: NOW_MS };
    return reasonOf(verifyRoutingToken(token, await caRing(), expected));
  },
  "token signed by retired key after grace used": async () => {
    const ring = await KeyRing.of([publicHalf(ATTACKER_JWK)]);
    const token = await signRoutingToken(ROUTING_CLAIMS, await caKey(), NOW_MS);
    return reasonOf(verifyRoutingToken(token, ring, { group: GROUP, nowMs: NOW_MS }));
  },
  "token from staging issuer used in production": async () => {
    const { header, payload } = decodeToken(
      await signRoutingToken(ROUTING_CLAIMS, await caKey(), NOW_MS),
    );
    const staging = await forge(header, { ...payload, iss: "acos:staging" }, await caKey());
    const reasons = [
      staging,
      await signRoutingToken(ROUTING_CLAIMS, await attackerKey(), NOW_MS),
    ].map(async (token) =>
      reasonOf(verifyRoutingToken(token, await caRing(), { group: GROUP, nowMs: NOW_MS })),
    );
    return (await Promise.all(reasons)).join();
  },
  "session certificate of group A with request signed by key of group B": async () => {
    const { request, gate } = await signedRequest({ key: await attackerKey() });
    return reasonOf(verifySignedRequest(request, gate, NOW_MS));
  },
  "session certificate with no request signature": async () => {
    const { request, gate } = await signedRequest();
    const bare = withHeaders(request, { signature: null, "signature-input": null });
    return reasonOf(verifySignedRequest(bare, gate, NOW_MS));
  },
  "session certificate of an evicted epoch after rotation": async () => {
    const later = await signedRequest({ certificate: await certificateWith({ epoch: 4 }) });
    await verifySignedRequest(later.request, later.gate, NOW_MS);
    const { request } = await signedRequest({ certificate: await certificateWith({ epoch: 3 }) });
    return reasonOf(verifySignedRequest(request, later.gate, NOW_MS));
  },
};
