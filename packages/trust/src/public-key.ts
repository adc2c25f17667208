// Ed25519 public keys as JWKs (RFC 8037): what may stand in a JWKS or in a certificate's `cnf`, and its thumbprint.
import { calculateJwkThumbprint, type CryptoKey } from "jose";

import { fromBase64url, toHex } from "./base64.ts";
import { isJsonObject, type JsonValue } from "./strict-json.ts";
import { TrustError } from "./trust-error.ts";

/** A public key, and nothing else in the object. */
export interface PublicJwk {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
}

const KEY_BYTES = 32;

/** y coordinates of the eight points of small order: a key made of one verifies signatures nobody made. */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  `ec${"ff".repeat(30)}7f`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]);

/**
 * Reads a public key that has exactly the members kty, crv and x. Answers undefined for other curves, private keys, points
 * of small order and coordinates that are not canonical. Does not check that the point lies on the curve: a signature
 * under such a key never verifies.
 */
export function parsePublicJwk(value: JsonValue | undefined): PublicJwk | undefined {
  if (!isJsonObject(value) || Object.keys(value).length !== 3) return undefined;
  const { kty, crv, x } = value;
  if (kty !== "OKP" || crv !== "Ed25519" || typeof x !== "string") return undefined;
  const point = fromBase64url(x);
  if (point?.length !== KEY_BYTES || !isAcceptablePoint(point)) return undefined;
  return { kty, crv, x };
}

function isAcceptablePoint(point: Uint8Array): boolean {
  const y = toHex(point.map((byte, place) => (place === KEY_BYTES - 1 ? byte & 0x7f : byte)));
  const isBelowPrime = !/^(?:ed|ee|ef|f.)(?:ff){30}7f$/.test(y);
  return isBelowPrime && !SMALL_ORDER_Y.has(y);
}

/** RFC 7638 thumbprint (SHA-256, base64url): the `kid` of every key. */
export function thumbprintOf(jwk: PublicJwk): Promise<string> {
  return calculateJwkThumbprint(jwk, "sha256");
}

/** Imports a parsed public key for verification. Throws TrustError on platforms that refuse a point off the curve here. */
export async function importPublicKey(jwk: PublicJwk): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("jwk", { ...jwk }, "Ed25519", true, ["verify"]);
  } catch {
    // WebCrypto's text differs between platforms and may quote the key.
    throw new TrustError("key", "malformed");
  }
}
