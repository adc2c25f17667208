// AES-256-GCM as the sealing of secrets uses it: fresh 96-bit IVs, additional data always, one answer for every failure.
import type { CryptoKey } from "jose";

import { fromBase64url, toBase64url } from "./base64.ts";
import { TrustError } from "./trust-error.ts";

export const KEY_BYTES = 32;
/** 96 bits, the only length AES-GCM takes without hashing it first. */
const IV_BYTES = 12;

/** Makes that many unpredictable bytes. Contract: never the same bytes twice. */
export type RandomBytes = (length: number) => Uint8Array;

/** Bytes under a key: both members are base64url. */
export interface SealedBox {
  readonly iv: string;
  readonly ciphertext: string;
}

/** A key of 32 bytes that cannot be exported again. Throws TrustError when it is not 32 bytes. */
export async function importAesKey(bytes: Uint8Array): Promise<CryptoKey> {
  if (bytes.length !== KEY_BYTES) throw new TrustError("secret", "malformed", "key");
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Seals bytes; `about` is authenticated with them and must be said again to open them. */
export async function sealBytes(
  key: CryptoKey,
  { about, bytes }: { readonly about: Uint8Array; readonly bytes: Uint8Array },
  random: RandomBytes,
): Promise<SealedBox> {
  const iv = random(IV_BYTES);
  const algorithm = { name: "AES-GCM", iv, additionalData: about } as const;
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, bytes));
  return { iv: toBase64url(iv), ciphertext: toBase64url(ciphertext) };
}

/** Opens bytes. Throws TrustError when the key or `about` is another, or a byte was changed; it does not say which. */
export async function openBytes(
  key: CryptoKey,
  about: Uint8Array,
  { iv, ciphertext }: SealedBox,
): Promise<Uint8Array> {
  const algorithm = { name: "AES-GCM", iv: decode(iv), additionalData: about } as const;
  const sealed = decode(ciphertext);
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, sealed));
  } catch {
    // WebCrypto does not say why, and neither do we.
    throw new TrustError("secret", "signature");
  }
}

function decode(text: unknown): Uint8Array {
  const bytes = typeof text === "string" ? fromBase64url(text) : undefined;
  if (bytes === undefined) throw new TrustError("secret", "encoding");
  return bytes;
}
