// Request signature: how the Group Controller signs what it sends to the Agents Worker and to the Sandbox Host.
import { SIGNATURE_TTL_S, type RunId } from "@acos/protocol";

import { toBase64, toBase64url, toUtf8 } from "./base64.ts";
import { sha256Base64 } from "./digest.ts";
import type { SigningKey } from "./key-ring.ts";
import type { CertificateAudience } from "./session-certificate.ts";
import { NONCE_BYTES, signatureBase, signatureParamsText } from "./signature-profile.ts";
import { TrustError } from "./trust-error.ts";

/** Names a signed request may go to: a service binding has no host of its own, so the name stands for the audience. */
export const TARGET_ORIGINS: Readonly<Record<CertificateAudience, string>> = {
  "acos:agents-worker": "https://agents.internal",
  "acos:sandbox-host": "https://sandbox.internal",
};

/** Stands in `acos-run` when no run is behind a request, since every component is always covered. */
export const NO_RUN = "-";

/** Reads header fields; `Headers` is one. Repeated fields must come joined by commas, as `Headers` does it. */
export interface HeaderReader {
  get(name: string): string | null;
}

export interface SignableRequest {
  readonly method: string;
  /** The target URI, on one of TARGET_ORIGINS and canonical as `new URL()` writes it. */
  readonly url: string;
  /** Must hold `content-type`, also for a request without a body. */
  readonly headers: HeaderReader;
  readonly body: Uint8Array;
}

export interface RequestSigner extends SigningKey {
  /** The Session Certificate for the service the request goes to. */
  readonly certificate: string;
  readonly run: RunId | null;
  /** 16 fresh random bytes. */
  readonly nonce: Uint8Array;
  readonly nowMs: number;
}

/** The header fields that make a request a signed one. */
export type SignatureHeaders = Readonly<
  Record<
    "acos-certificate" | "acos-run" | "content-digest" | "signature-input" | "signature",
    string
  >
>;

/**
 * Signs one request and answers the header fields to add. The request may then be sent once, within SIGNATURE_TTL_S.
 * Throws TrustError when the request could not be verified as it stands. It does not check that the certificate is valid
 * or belongs to the key.
 */
export async function signRequest(
  request: SignableRequest,
  signer: RequestSigner,
): Promise<SignatureHeaders> {
  const { certificate, key, keyId, nonce, nowMs } = signer;
  const contentType = request.headers.get("content-type");
  if (contentType === null) throw new TrustError("signed-request", "field", "content-type");
  if (nonce.length !== NONCE_BYTES) throw new TrustError("signed-request", "malformed", "nonce");
  requireCanonicalTarget(request.url);
  const run = signer.run ?? NO_RUN;
  const digest = contentDigest(await sha256Base64(request.body));
  const created = Math.floor(nowMs / 1000);
  const expires = created + SIGNATURE_TTL_S;
  const text = signatureParamsText({ created, expires, nonce: toBase64url(nonce), keyId });
  const values = {
    "@method": request.method,
    "@target-uri": request.url,
    "content-type": contentType,
    "content-digest": digest,
    "acos-certificate": certificate,
    "acos-run": run,
  };
  const base = toUtf8(signatureBase(values, text));
  const signature = toBase64(new Uint8Array(await crypto.subtle.sign("Ed25519", key, base)));
  return {
    "acos-certificate": certificate,
    "acos-run": run,
    "content-digest": digest,
    "signature-input": `sig1=${text}`,
    signature: `sig1=:${signature}:`,
  };
}

/** The Content-Digest field (RFC 9530) of a body with that SHA-256 in base64. */
export function contentDigest(sha256: string): string {
  return `sha-256=:${sha256}:`;
}

function requireCanonicalTarget(url: string): void {
  const isOurs = Object.values(TARGET_ORIGINS).some((origin) => url.startsWith(`${origin}/`));
  if (!isOurs || url.includes("#") || new URL(url).href !== url)
    throw new TrustError("signed-request", "target");
}
