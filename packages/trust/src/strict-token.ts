// The one strict parser every token passes before `jose` looks at it; `jose` alone forgives sloppy base64url.
import { compactVerify, type CryptoKey } from "jose";
import { TOKEN_MAX_BYTES } from "@acos/protocol";

import { fromBase64url } from "./base64.ts";
import { parseStrictObject, type JsonObject } from "./strict-json.ts";
import { TrustError, type TrustSubject } from "./trust-error.ts";

/** The one algorithm of our tokens (RFC 8037). */
export const TOKEN_ALGORITHM = "EdDSA";

/** What a caller of the parser must say: there are no defaults to forget. */
export interface CompactRules {
  readonly subject: TrustSubject;
  readonly maxBytes: number;
  /** The only header members there may be. */
  readonly headerMembers: readonly string[];
}

export interface CompactToken {
  readonly header: JsonObject;
  readonly payload: Uint8Array;
}

/** Where verification keys come from; a KeyRing is one. */
export interface KeySource {
  find(kid: string): Promise<CryptoKey | undefined>;
}

/**
 * Takes a compact JWS (RFC 7515) apart: size, exactly three segments, canonical base64url, a strict JSON header with no
 * member beyond the rules. Throws TrustError. It does not verify the signature and does not read the payload.
 */
export function parseCompact(token: string, rules: CompactRules): CompactToken {
  const { subject } = rules;
  if (token.length > rules.maxBytes) throw new TrustError(subject, "too_large");
  const segments = token.split(".");
  const [header, payload, signature] = segments.map(fromBase64url);
  if (segments.length !== 3) throw new TrustError(subject, "malformed");
  if (header === undefined || payload === undefined || signature === undefined)
    throw new TrustError(subject, "encoding");
  const members = parseStrictObject(header);
  if (members === undefined) throw new TrustError(subject, "json", "header");
  if (!Object.keys(members).every((name) => rules.headerMembers.includes(name)))
    throw new TrustError(subject, "header");
  return { header: members, payload };
}

/**
 * Verifies one of our tokens and answers its claims: parser above, header exactly alg, typ and kid, `alg` EdDSA, the
 * expected `typ`, a known `kid`, the signature, and a payload that is one strict JSON object. Throws TrustError. It does
 * not look at any claim: issuer, audience, times and the rest are the token kind's.
 */
export async function verifyStrictToken(
  token: string,
  expected: { readonly subject: TrustSubject; readonly typ: string },
  keys: KeySource,
): Promise<JsonObject> {
  const { subject } = expected;
  const rules = { subject, maxBytes: TOKEN_MAX_BYTES, headerMembers: ["alg", "typ", "kid"] };
  const { header, payload } = parseCompact(token, rules);
  if (header["alg"] !== TOKEN_ALGORITHM) throw new TrustError(subject, "algorithm");
  if (header["typ"] !== expected.typ) throw new TrustError(subject, "type");
  const kid = header["kid"];
  const key = typeof kid === "string" ? await keys.find(kid) : undefined;
  if (key === undefined) throw new TrustError(subject, "unknown_key");
  await verifySignature(token, key, subject);
  const claims = parseStrictObject(payload);
  if (claims === undefined) throw new TrustError(subject, "json", "payload");
  return claims;
}

async function verifySignature(
  token: string,
  key: CryptoKey,
  subject: TrustSubject,
): Promise<void> {
  try {
    await compactVerify(token, key, { algorithms: [TOKEN_ALGORITHM] });
  } catch {
    // Whatever jose has against it, the answer is the same and says nothing about the token.
    throw new TrustError(subject, "signature");
  }
}
