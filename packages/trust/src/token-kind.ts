// What all kinds of tokens share: one description per kind, one way to issue, one way to verify.
import { CompactSign } from "jose";
import { TOKEN_MAX_BYTES, TOKEN_SKEW_S } from "@acos/protocol";

import { toUtf8 } from "./base64.ts";
import { ClaimReader } from "./claim-reader.ts";
import type { SigningKey } from "./key-ring.ts";
import type { JsonObject } from "./strict-json.ts";
import { TOKEN_ALGORITHM, verifyStrictToken, type KeySource } from "./strict-token.ts";
import { TrustError, type TrustSubject } from "./trust-error.ts";

/** The issuer of everything the Orchestrator signs. */
export const ORCHESTRATOR_ISSUER = "acos:orchestrator";

/** One kind of token: its name on the wire, how long it may live, and how its claims are read. */
export interface TokenKind<Claims> {
  readonly subject: TrustSubject;
  readonly typ: string;
  readonly ttlS: number;
  /** Contract: throws TrustError for a payload this kind may not have; issuer, audience and times are done elsewhere. */
  readonly read: (claims: ClaimReader) => Claims;
}

/** When a token was issued and until when it counts, in milliseconds since the epoch. */
export interface TokenTimes {
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

export interface Expected {
  readonly issuer: string;
  readonly audience: string;
  readonly nowMs: number;
}

/**
 * Signs a token that lives `ttlS` from `nowMs`. Throws TrustError when the claims are not what the same kind would accept,
 * or the token would be larger than one may be. It does not check that the key is the issuer's.
 */
export async function issueToken<Claims>(
  kind: TokenKind<Claims>,
  claims: JsonObject,
  { key, keyId, nowMs }: SigningKey & { readonly nowMs: number },
): Promise<string> {
  const iat = Math.floor(nowMs / 1000);
  const payload = { ...claims, iat, exp: iat + kind.ttlS };
  kind.read(new ClaimReader(payload, kind.subject));
  const token = await new CompactSign(toUtf8(JSON.stringify(payload)))
    .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: kind.typ, kid: keyId })
    .sign(key);
  if (token.length > TOKEN_MAX_BYTES) throw new TrustError(kind.subject, "too_large");
  return token;
}

/**
 * Verifies a token of one kind: the strict parser, the signature, issuer, audience, times, then the kind's own claims.
 * Throws TrustError. It does not know whether the token was used before.
 */
export async function verifyToken<Claims>(
  kind: TokenKind<Claims>,
  { token, keys }: { readonly token: string; readonly keys: KeySource },
  expected: Expected,
): Promise<Claims & TokenTimes> {
  const claims = new ClaimReader(await verifyStrictToken(token, kind, keys), kind.subject);
  if (claims.value("iss") !== expected.issuer) throw new TrustError(kind.subject, "issuer");
  if (claims.value("aud") !== expected.audience) throw new TrustError(kind.subject, "audience");
  const times = readTimes(kind, claims);
  requireValidNow(kind.subject, times, expected.nowMs);
  return { ...kind.read(claims), ...times };
}

/**
 * Throws TrustError unless `nowMs` lies in the token's life. The skew forgives an issuer whose clock is ahead of ours; it
 * never stretches the end, so that what is remembered "until exp" is remembered long enough.
 */
export function requireValidNow(subject: TrustSubject, times: TokenTimes, nowMs: number): void {
  if (nowMs >= times.expiresAtMs) throw new TrustError(subject, "expired");
  if (nowMs < times.issuedAtMs - TOKEN_SKEW_S * 1000)
    throw new TrustError(subject, "not_yet_valid");
}

function readTimes<Claims>(kind: TokenKind<Claims>, claims: ClaimReader): TokenTimes {
  const iat = claims.count("iat");
  const exp = claims.count("exp");
  if (claims.has("nbf") && claims.count("nbf") > iat)
    throw new TrustError(kind.subject, "claim", "nbf");
  if (exp <= iat) throw new TrustError(kind.subject, "claim", "exp");
  if (exp - iat > kind.ttlS) throw new TrustError(kind.subject, "lifetime");
  return { issuedAtMs: iat * 1000, expiresAtMs: exp * 1000 };
}
