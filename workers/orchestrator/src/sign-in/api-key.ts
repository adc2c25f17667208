// API keys: how one looks, so that a mistyped or foreign one is refused without a look into the database.
import { sha256Hex, toBase64url } from "@acos/trust";

export const API_KEY_PREFIX = "acos_";
/** What lists show of a key: the prefix and five characters, enough to tell keys apart and useless to guess the rest. */
export const API_KEY_START_CHARS = 10;

const SECRET_BYTES = 32;
const CHECKSUM_CHARS = 8;
const FORM = /^acos_([A-Za-z0-9_-]{43})_([0-9a-f]{8})$/;

/** Makes a key: prefix, 256 random bits, checksum. */
export async function makeApiKey(random: (bytes: number) => Uint8Array): Promise<string> {
  const secret = toBase64url(random(SECRET_BYTES));
  return `${API_KEY_PREFIX}${secret}_${await checksumOf(secret)}`;
}

/** Tells whether a text could be one of our keys. It does not say that the key exists. */
export async function looksLikeApiKey(text: string): Promise<boolean> {
  const [, secret, checksum] = FORM.exec(text) ?? [];
  return secret !== undefined && (await checksumOf(secret)) === checksum;
}

async function checksumOf(secret: string): Promise<string> {
  return (await sha256Hex(`acos api key ${secret}`)).slice(0, CHECKSUM_CHARS);
}
