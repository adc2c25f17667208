// The CA's private keys as an installation keeps them: one that signs, one that comes next, and those that are on their way out.
//
//   next ──rotate──▶ signing ──rotate──▶ retired until its last token has ended ──▶ gone
import { CERTIFICATE_TTL_S, TOKEN_SKEW_S } from "@acos/protocol";

import { generateKeyPair, type PrivateJwk } from "./key-ring.ts";
import { TrustError } from "./trust-error.ts";

/** The longest a token lives, and the longest a clock is off: until then something signed by a retired key may come. */
const RETIRED_FOR_MS = (CERTIFICATE_TTL_S + 2 * TOKEN_SKEW_S) * 1000;

export interface AuthorityKey extends PrivateJwk {
  /** Milliseconds since the epoch; from then on a retired key is no longer believed. */
  readonly notAfter?: number;
}

/** First the one that signs, behind it those that are believed as well. Never empty. */
export type AuthorityKeys = readonly [AuthorityKey, ...AuthorityKey[]];

/** Makes the first keys of an installation: one that signs and the next, which everybody knows before it signs anything. */
export async function makeAuthorityKeys(): Promise<AuthorityKeys> {
  return [await freshKey(), await freshKey()];
}

/** Reads keys as they are kept, a JSON array of JWKs. Throws TrustError; it does not check the keys themselves. */
export function parseAuthorityKeys(text: string): AuthorityKeys {
  const keys = readJson(text);
  if (!Array.isArray(keys) || keys.length === 0) throw new TrustError("key", "malformed", "keys");
  return keys as unknown as AuthorityKeys;
}

/** The keys that are believed at a time: all but those whose end has come. The one that signs is always among them. */
export function believedKeys([signing, ...others]: AuthorityKeys, nowMs: number): AuthorityKeys {
  return [signing, ...others.filter(({ notAfter }) => notAfter === undefined || nowMs < notAfter)];
}

/**
 * The keys after a rotation: the next one signs, a fresh one is next, and the one that signed is believed until the last
 * token it may have signed has ended. A key that was there alone is replaced by a fresh one.
 */
export async function rotateAuthorityKeys(
  keys: AuthorityKeys,
  nowMs: number,
): Promise<AuthorityKeys> {
  const [signed, ...others] = believedKeys(keys, nowMs);
  const waiting = others.filter(({ notAfter }) => notAfter === undefined);
  const retired = others.filter(({ notAfter }) => notAfter !== undefined);
  const [next = await freshKey(), ...later] = waiting;
  const following = later.length > 0 ? later : [await freshKey()];
  return [next, ...following, { ...signed, notAfter: nowMs + RETIRED_FOR_MS }, ...retired];
}

async function freshKey(): Promise<AuthorityKey> {
  return (await generateKeyPair()).privateJwk;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words would quote a piece of a key.
    return undefined;
  }
}
