// Master keys (KEKs): the installation's keys that seal data keys. The first one seals, every one of them opens.
import type { CryptoKey } from "jose";

import { importAesKey, KEY_BYTES } from "./aes-gcm.ts";
import { fromBase64url, toBase64url } from "./base64.ts";
import { sha256Hex } from "./digest.ts";
import { TrustError } from "./trust-error.ts";

/** Hexadecimal digits of a master key's name: enough that two keys of one installation never share one. */
const ID_CHARS = 16;

export interface MasterKey {
  /** Names the key in what it sealed; says nothing about it. */
  readonly id: string;
  readonly key: CryptoKey;
}

/** First the one that seals; those behind it only open. Never empty. */
export type MasterKeys = readonly [MasterKey, ...MasterKey[]];

/** Makes a master key (32 bytes, base64url) with the platform's own randomness. */
export function generateMasterKey(): string {
  return toBase64url(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

/** Reads master keys: base64url of 32 bytes each, with white space or commas between them. Throws TrustError, without a key in it. */
export async function parseMasterKeys(text: string): Promise<MasterKeys> {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const keys = await Promise.all(words.map(importMasterKey));
  if (keys.length === 0) throw new TrustError("secret", "malformed", "master key");
  return keys as unknown as MasterKeys;
}

async function importMasterKey(word: string): Promise<MasterKey> {
  const bytes = fromBase64url(word);
  if (bytes?.length !== KEY_BYTES) throw new TrustError("secret", "malformed", "master key");
  const digest = await sha256Hex(`acos-master-key ${word}`);
  return { id: digest.slice(0, ID_CHARS), key: await importAesKey(bytes) };
}

/** The master key of that name. Throws TrustError `unknown_key` when it is not among them. */
export function masterKeyOf(keys: MasterKeys, id: string): MasterKey {
  const found = keys.find((key) => key.id === id);
  if (found === undefined) throw new TrustError("secret", "unknown_key", "master key");
  return found;
}
