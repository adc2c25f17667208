// The way to one port of one sandbox: what a preview token and its cookie open, and everything they do not.
import { describe, expect, it } from "vitest";
import { PREVIEW_COOKIE_TTL_S, PREVIEW_TOKEN_TTL_S } from "@acos/protocol";

import { signPreview, verifyPreview, type PreviewTokenClaims } from "../src/index.ts";
import {
  NOW_MS,
  OTHER_SANDBOX,
  type SANDBOX,
  attackerKey,
  caKey,
  caRing,
  reasonOf,
} from "./builders.ts";
import { utf8 } from "./forge.ts";
import { mutated, mutationOf, seededRandom } from "./mutations.ts";
import { PREVIEW_CLAIMS } from "./token-fixtures.ts";

type Kind = Parameters<typeof signPreview>[0];
const KINDS = [
  { kind: "token", other: "cookie", ttlS: PREVIEW_TOKEN_TTL_S },
  { kind: "cookie", other: "token", ttlS: PREVIEW_COOKIE_TTL_S },
] as const;
const CHANGES = 10_000;

const signed = async (kind: Kind, changes: Partial<PreviewTokenClaims> = {}) =>
  signPreview(kind, { ...PREVIEW_CLAIMS, ...changes }, { key: await caKey(), nowMs: NOW_MS });

const opened = async (
  kind: Kind,
  token: string,
  at: { sandbox?: typeof SANDBOX; port?: number; nowMs?: number } = {},
) => {
  const { sandbox, port } = PREVIEW_CLAIMS;
  return verifyPreview(kind, token, { keys: await caRing(), sandbox, port, nowMs: NOW_MS, ...at });
};

describe.each(KINDS)("a preview $kind", ({ kind, other, ttlS }) => {
  it("[V1] gives back for whom it was made, and until when it counts", async () => {
    expect(await opened(kind, await signed(kind))).toEqual({
      ...PREVIEW_CLAIMS,
      issuedAtMs: NOW_MS,
      expiresAtMs: NOW_MS + ttlS * 1_000,
    });
  });

  it("[V1] opens no other port and no other sandbox", async () => {
    const token = await signed(kind);
    expect(await reasonOf(opened(kind, token, { port: 5_174 }))).toBe("audience");
    expect(await reasonOf(opened(kind, token, { port: 517 }))).toBe("audience");
    expect(await reasonOf(opened(kind, token, { sandbox: OTHER_SANDBOX }))).toBe("audience");
  });

  it.each([0, 65_536, -1, 1.5, Number.NaN])("[C5] is not made for port %d", async (port) => {
    expect(await reasonOf(signed(kind, { port }))).toBe("claim");
  });

  it("[V2] is not taken for the other kind", async () => {
    expect(await reasonOf(opened(other, await signed(kind)))).toBe("type");
  });

  it("[V2] [C2] counts until the millisecond before its expiry", async () => {
    const token = await signed(kind);
    const last = NOW_MS + ttlS * 1_000;
    expect(await reasonOf(opened(kind, token, { nowMs: last - 1 }))).toBe("accepted");
    expect(await reasonOf(opened(kind, token, { nowMs: last }))).toBe("expired");
    expect(await reasonOf(opened(kind, token, { nowMs: NOW_MS - 5_001 }))).toBe("not_yet_valid");
  });

  it("[V1] is refused under a key that is not the Orchestrator's", async () => {
    const key = await attackerKey();
    const token = await signPreview(kind, PREVIEW_CLAIMS, { key, nowMs: NOW_MS });
    expect(await reasonOf(opened(kind, token))).toBe("unknown_key");
    const named = { ...key, keyId: (await caKey()).keyId };
    const posing = await signPreview(kind, PREVIEW_CLAIMS, { key: named, nowMs: NOW_MS });
    expect(await reasonOf(opened(kind, posing))).toBe("signature");
  });

  it("[T10] ten thousand changes of one byte are refused, and the unchanged one is accepted", async () => {
    const random = seededRandom(5_173);
    const token = await signed(kind);
    const accepted: string[] = [];
    for (let round = 0; round < CHANGES; round += 1) {
      const mutation = mutationOf(utf8(token), random);
      const reason = await reasonOf(opened(kind, mutated(token, mutation)));
      if (!/^[a-z_]+$/.test(reason) || reason === "accepted")
        accepted.push(`${JSON.stringify(mutation)}: ${reason}`);
    }
    expect(accepted).toEqual([]);
    expect(await reasonOf(opened(kind, token))).toBe("accepted");
  });
});
