// Digests of bytes and of JSON values: content digests, argument digests, content hashes of agent versions.
import { toBase64, toHex, toUtf8 } from "./base64.ts";

/** SHA-256 of bytes, or of a text's UTF-8, as lower-case hexadecimal. */
export async function sha256Hex(data: Uint8Array | string): Promise<string> {
  return toHex(await sha256(data));
}

/** SHA-256 of bytes, or of a text's UTF-8, as padded base64. */
export async function sha256Base64(data: Uint8Array | string): Promise<string> {
  return toBase64(await sha256(data));
}

async function sha256(data: Uint8Array | string): Promise<Uint8Array> {
  const bytes = typeof data === "string" ? toUtf8(data) : data;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
