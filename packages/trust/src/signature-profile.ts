// The fixed profile of RFC 9421 our requests are signed in: one list of components, one order, one text.
import { SIGNATURE_TTL_S } from "@acos/protocol";

import { fromBase64 } from "./base64.ts";
import { TrustError } from "./trust-error.ts";

export const SIGNATURE_TAG = "acos-v1";

/** 128 bits from a good source never meet twice. */
export const NONCE_BYTES = 16;

/** What every signature covers, in this order; RFC 9421 would allow any order, and each choice less is an attack less. */
export const COVERED_COMPONENTS = [
  "@method",
  "@target-uri",
  "content-type",
  "content-digest",
  "acos-certificate",
  "acos-run",
] as const;
export type CoveredComponent = (typeof COVERED_COMPONENTS)[number];
export type CoveredValues = Readonly<Record<CoveredComponent, string>>;

export interface SignatureParameters {
  /** Seconds since the epoch. */
  readonly created: number;
  /** Always `created` + SIGNATURE_TTL_S. */
  readonly expires: number;
  /** 16 bytes as base64url. */
  readonly nonce: string;
  /** Thumbprint of the session key. */
  readonly keyId: string;
}

/** A signature as it came in: parameters, their very text, and 64 bytes. Nothing of it is proven yet. */
export interface ReceivedSignature extends SignatureParameters {
  readonly text: string;
  readonly signature: Uint8Array;
}

const COVERAGE = `(${COVERED_COMPONENTS.map((name) => `"${name}"`).join(" ")})`;
const LABEL = String.raw`([a-z*][a-z0-9_.*-]{0,31})`;
const SECONDS = String.raw`(0|[1-9]\d{0,11})`;
const PARAMETERS =
  `;created=${SECONDS};expires=${SECONDS};` +
  String.raw`nonce="([\w-]{22})";keyid="([\w-]{43})";tag="${SIGNATURE_TAG}"`;
const SIGNATURE_INPUT = new RegExp(`^${LABEL}=(${escapeRegExp(COVERAGE)}${PARAMETERS})$`);
const SIGNATURE = new RegExp(`^${LABEL}=:([A-Za-z0-9+/]{86}==):$`);

/** The `@signature-params` text for these parameters. */
export function signatureParamsText({
  created,
  expires,
  nonce,
  keyId,
}: SignatureParameters): string {
  return `${COVERAGE};created=${created};expires=${expires};nonce="${nonce}";keyid="${keyId}";tag="${SIGNATURE_TAG}"`;
}

/** The signature base (RFC 9421, section 2.5) of the covered values and the parameters' text. */
export function signatureBase(values: CoveredValues, paramsText: string): string {
  const lines = COVERED_COMPONENTS.map((name) => `"${name}": ${values[name]}`);
  return `${lines.join("\n")}\n"@signature-params": ${paramsText}`;
}

/**
 * Reads the two signature fields. Throws TrustError unless there is exactly one signature, with our tag, covering exactly
 * our components, with our parameters and no other. It does not check times, key or the signature itself.
 */
export function parseSignature(signatureInput: string, signature: string): ReceivedSignature {
  const input = SIGNATURE_INPUT.exec(signatureInput);
  const value = SIGNATURE.exec(signature);
  if (input === null || value === null || input[1] !== value[1])
    throw new TrustError("signed-request", "coverage");
  const [, , text = "", created, expires, nonce = "", keyId = ""] = input;
  const bytes = fromBase64(value[2] ?? "");
  if (bytes === undefined) throw new TrustError("signed-request", "encoding", "signature");
  return {
    created: Number(created),
    expires: Number(expires),
    nonce,
    keyId,
    text,
    signature: bytes,
  };
}

/** Throws TrustError unless the signature is one of now: never for longer than SIGNATURE_TTL_S, skew only at its start. */
export function requireFresh(
  { created, expires }: SignatureParameters,
  { nowMs, skewS }: { readonly nowMs: number; readonly skewS: number },
): void {
  if (expires !== created + SIGNATURE_TTL_S) throw new TrustError("signed-request", "lifetime");
  if (nowMs >= expires * 1000) throw new TrustError("signed-request", "expired");
  if (nowMs < (created - skewS) * 1000) throw new TrustError("signed-request", "not_yet_valid");
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[()]/g, String.raw`\$&`);
}
