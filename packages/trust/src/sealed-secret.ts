// Secrets at rest: the master key wraps a data key per record, the data key seals the secret (AES-256-GCM both times).
import type { CryptoKey } from "jose";
import type { OrgId } from "@acos/protocol";

import { fromBase64url, fromUtf8, toBase64url, toUtf8 } from "./base64.ts";
import { canonicalJson } from "./canonical-json.ts";
import { TrustError } from "./trust-error.ts";

const KEY_BYTES = 32;
/** 96 bits, the only length AES-GCM takes without hashing it first. */
const IV_BYTES = 12;

/** Makes that many unpredictable bytes. Contract: never the same bytes twice. */
export type RandomBytes = (length: number) => Uint8Array;

/** What a secret is: it opens under exactly this name. */
export interface SecretName {
  readonly org: OrgId;
  readonly name: string;
  /** Rises with each new value, so that an old record cannot be put back in the place of a new one. */
  readonly version: number;
}

/** A sealed record, as it is stored; every member but `v` is base64url. */
export interface SealedSecret {
  readonly v: 1;
  readonly wrappedKey: string;
  readonly wrapIv: string;
  readonly iv: string;
  readonly ciphertext: string;
}

/** Makes a master key (32 bytes, base64url) with the platform's own randomness. */
export function generateMasterKey(): string {
  return toBase64url(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

/** Seals a secret under its name with a fresh data key. Throws TrustError when the master key is not one. */
export async function sealSecret(
  masterKey: string,
  secret: SecretName & { readonly plaintext: string },
  random: RandomBytes,
): Promise<SealedSecret> {
  const dataKey = random(KEY_BYTES);
  const iv = random(IV_BYTES);
  const box = { iv, additionalData: secretData(secret) };
  const ciphertext = await seal(await importKey(dataKey), box, toUtf8(secret.plaintext));
  const wrapped = await wrap(masterKey, { org: secret.org, dataKey, wrapIv: random(IV_BYTES) });
  return { v: 1, ...wrapped, iv: toBase64url(iv), ciphertext: toBase64url(ciphertext) };
}

/**
 * Opens a secret. Throws TrustError when the master key, the org, the name or the version is another than at the sealing,
 * or a byte was changed; it does not say which.
 */
export async function openSecret(
  masterKey: string,
  secret: SecretName & { readonly sealed: SealedSecret },
): Promise<string> {
  const { sealed } = secret;
  const dataKey = await unwrap(masterKey, secret);
  const box = { iv: decode(sealed.iv), additionalData: secretData(secret) };
  const plaintext = fromUtf8(await open(await importKey(dataKey), box, decode(sealed.ciphertext)));
  if (plaintext === undefined) throw new TrustError("secret", "encoding");
  return plaintext;
}

/** The same record under another master key: how the master key is rotated. The secret itself is not opened. */
export async function rewrapSecret(
  secret: { readonly org: OrgId; readonly sealed: SealedSecret },
  masterKeys: { readonly from: string; readonly to: string },
  random: RandomBytes,
): Promise<SealedSecret> {
  const dataKey = await unwrap(masterKeys.from, secret);
  const wrapped = await wrap(masterKeys.to, { org: secret.org, dataKey, wrapIv: random(IV_BYTES) });
  return { ...secret.sealed, ...wrapped };
}

interface Box {
  readonly iv: Uint8Array;
  readonly additionalData: Uint8Array;
}

async function wrap(
  masterKey: string,
  { org, dataKey, wrapIv }: { org: OrgId; dataKey: Uint8Array; wrapIv: Uint8Array },
): Promise<Pick<SealedSecret, "wrappedKey" | "wrapIv">> {
  const box = { iv: wrapIv, additionalData: wrapData(org) };
  const wrappedKey = await seal(await importKey(decode(masterKey)), box, dataKey);
  return { wrappedKey: toBase64url(wrappedKey), wrapIv: toBase64url(wrapIv) };
}

async function unwrap(
  masterKey: string,
  { org, sealed }: { readonly org: OrgId; readonly sealed: SealedSecret },
): Promise<Uint8Array> {
  if (sealed.v !== 1) throw new TrustError("secret", "malformed", "v");
  const box = { iv: decode(sealed.wrapIv), additionalData: wrapData(org) };
  return open(await importKey(decode(masterKey)), box, decode(sealed.wrappedKey));
}

/** Two layouts, so that neither ciphertext can stand in the place of the other. */
function wrapData(org: OrgId): Uint8Array {
  return toUtf8(canonicalJson(["acos-data-key-v1", org]));
}

function secretData({ org, name, version }: SecretName): Uint8Array {
  return toUtf8(canonicalJson(["acos-secret-v1", org, name, version]));
}

async function seal(key: CryptoKey, box: Box, plaintext: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", ...box }, key, plaintext));
}

async function open(key: CryptoKey, box: Box, ciphertext: Uint8Array): Promise<Uint8Array> {
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: "AES-GCM", ...box }, key, ciphertext),
    );
  } catch {
    // WebCrypto does not say why, and neither do we.
    throw new TrustError("secret", "signature");
  }
}

async function importKey(bytes: Uint8Array): Promise<CryptoKey> {
  if (bytes.length !== KEY_BYTES) throw new TrustError("secret", "malformed", "key");
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

function decode(text: string): Uint8Array {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new TrustError("secret", "encoding");
  return bytes;
}
