// Verifying a signed request without any lookup: cheap checks first, the signature before the body, the nonce last.
//   sizes → one signature of our profile → times → certificate → its key = keyid → signature → digest → nonce
import { isId, TOKEN_MAX_BYTES, TOKEN_SKEW_S, type RunId } from "@acos/protocol";

import { toUtf8 } from "./base64.ts";
import { CertificateCache, type TrustedCertificate } from "./certificate-cache.ts";
import { sha256Base64 } from "./digest.ts";
import type { KeyRing } from "./key-ring.ts";
import { NonceCache } from "./nonce-cache.ts";
import {
  contentDigest,
  NO_RUN,
  TARGET_ORIGINS,
  type HeaderReader,
  type SignableRequest,
} from "./request-signature.ts";
import type { CertificateAudience, SessionCertificate } from "./session-certificate.ts";
import {
  parseSignature,
  requireFresh,
  signatureBase,
  type CoveredValues,
  type ReceivedSignature,
} from "./signature-profile.ts";
import type { KeySource } from "./strict-token.ts";
import { TrustError } from "./trust-error.ts";

/** A briefing with its tools, its messages and one picture; a body must be in memory to be digested. */
export const SIGNED_BODY_MAX_BYTES: number = 4 * 1024 * 1024;
/** Half of what the platform allows for a URL. */
const TARGET_MAX_CHARS = 8 * 1024;
/** Longest value of a covered or signature field other than the certificate; the profile's own are below 400. */
const FIELD_MAX_CHARS = 512;
/** Fields by which something on the way could make another request of a signed one. */
const OVERRIDES = [
  "x-forwarded-host",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-original-url",
  "x-rewrite-url",
];

/** What a verifying deployable keeps for the life of its isolate; after a rotation: a copy with the new ring. */
export interface RequestGate {
  readonly audience: CertificateAudience;
  readonly ring: KeyRing;
  readonly certificates: CertificateCache;
  readonly nonces: NonceCache;
  readonly bodyMaxBytes: number;
}

export interface VerifiedRequest {
  readonly certificate: SessionCertificate;
  /** Thumbprint of the session key: it names the certificate, since each has a key of its own. */
  readonly keyId: string;
  /** The session key alone: what verifies the group's own tokens that came with the request. */
  readonly sessionKey: KeySource;
  /** The run the request is made for, or null when none is behind it. */
  readonly run: RunId | null;
}

/** A gate with fresh caches for one audience. */
export function createRequestGate(audience: CertificateAudience, ring: KeyRing): RequestGate {
  return {
    audience,
    ring,
    certificates: new CertificateCache(audience),
    nonces: new NonceCache(),
    bodyMaxBytes: SIGNED_BODY_MAX_BYTES,
  };
}

/**
 * Verifies who sent a request and that it arrived as it was signed; answers the certificate and the run. Throws TrustError.
 * `url` must be the target on the gate's own name (TARGET_ORIGINS), whatever host the transport used. It does not check
 * the caps against the body (`requireWithinCaps` does), and a replay only against what this isolate saw.
 */
export async function verifySignedRequest(
  request: SignableRequest,
  gate: RequestGate,
  nowMs: number,
): Promise<VerifiedRequest> {
  requireSizes(request, gate);
  const values = readCovered(request);
  const received = readSignature(request.headers);
  requireFresh(received, { nowMs, skewS: TOKEN_SKEW_S });
  const trusted = await gate.certificates.verify(values["acos-certificate"], gate.ring, nowMs);
  if (trusted.keyId !== received.keyId) throw new TrustError("signed-request", "key_mismatch");
  await requireSignature(values, received, trusted);
  if (values["content-digest"] !== contentDigest(await sha256Base64(request.body)))
    throw new TrustError("signed-request", "digest");
  const run = readRun(values["acos-run"]);
  const nonce = `${received.keyId}.${received.nonce}`;
  if (!gate.nonces.remember(nonce, received.expires * 1000, nowMs))
    throw new TrustError("signed-request", "used");
  const { certificate, keyId } = trusted;
  return { certificate, keyId, sessionKey: onlyKey(trusted), run };
}

function onlyKey({ keyId, key }: TrustedCertificate): KeySource {
  return { find: (kid) => Promise.resolve(kid === keyId ? key : undefined) };
}

function requireSizes({ url, headers, body }: SignableRequest, gate: RequestGate): void {
  if (body.length > gate.bodyMaxBytes) throw new TrustError("signed-request", "too_large", "body");
  if (url.length > TARGET_MAX_CHARS) throw new TrustError("signed-request", "too_large", "target");
  if (!url.startsWith(`${TARGET_ORIGINS[gate.audience]}/`))
    throw new TrustError("signed-request", "target");
  const override = OVERRIDES.find((name) => headers.get(name) !== null);
  if (override !== undefined) throw new TrustError("signed-request", "override", override);
  const length = headers.get("content-length");
  if (
    length !== null &&
    (length !== String(body.length) || headers.get("transfer-encoding") !== null)
  )
    throw new TrustError("signed-request", "override", "content-length");
}

function readCovered({ method, url, headers }: SignableRequest): CoveredValues {
  return {
    "@method": method,
    "@target-uri": url,
    "content-type": readField(headers, "content-type", FIELD_MAX_CHARS),
    "content-digest": readField(headers, "content-digest", FIELD_MAX_CHARS),
    "acos-certificate": readField(headers, "acos-certificate", TOKEN_MAX_BYTES),
    "acos-run": readField(headers, "acos-run", FIELD_MAX_CHARS),
  };
}

function readSignature(headers: HeaderReader): ReceivedSignature {
  const input = readField(headers, "signature-input", FIELD_MAX_CHARS);
  return parseSignature(input, readField(headers, "signature", FIELD_MAX_CHARS));
}

/** One field's value without the white space around it (RFC 9421, section 2.1); visible ASCII only. */
function readField(headers: HeaderReader, name: string, maxChars: number): string {
  const value = headers.get(name)?.replace(/^[ \t]+|[ \t]+$/g, "");
  if (value === undefined || value.length > maxChars || !/^[\x20-\x7e]+$/.test(value))
    throw new TrustError("signed-request", "field", name);
  return value;
}

async function requireSignature(
  values: CoveredValues,
  { text, signature }: ReceivedSignature,
  { key }: TrustedCertificate,
): Promise<void> {
  const base = toUtf8(signatureBase(values, text));
  if (!(await crypto.subtle.verify("Ed25519", key, signature, base)))
    throw new TrustError("signed-request", "signature");
}

function readRun(run: string): RunId | null {
  if (run === NO_RUN) return null;
  if (!isId("run", run)) throw new TrustError("signed-request", "field", "acos-run");
  return run;
}
