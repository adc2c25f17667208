// The list of token attacks, each tried on every kind of token.
import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

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

/** Attacks on what only the group's own state knows; they are refused there. */
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

describe("one-byte changes", () => {
  it.each(TOKEN_FIXTURES)(
    "[T10] 250 changed characters of a $subject are all refused",
    async (fixture) => {
      const token = await fixture.sign();
      const keys = await fixture.keys();
      for (let round = 0; round < 250; round += 1) {
        const place = (round * 7919) % token.length;
        const code = 33 + ((token.charCodeAt(place) - 33 + 1 + (round % 90)) % 94);
        const changed = token.slice(0, place) + String.fromCharCode(code) + token.slice(place + 1);
        if (changed === token) continue;
        expect(await reasonOf(fixture.verify(changed, keys)), `place ${place}`).not.toBe(
          "accepted",
        );
      }
      expect(await reasonOf(fixture.verify(token, keys))).toBe("accepted");
    },
  );
});
