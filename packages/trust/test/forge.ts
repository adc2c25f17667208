// Makes tokens nobody should accept: any header, any payload text, any signature.
import { toBase64url } from "../src/base64.ts";
import type { SigningKey } from "../src/index.ts";

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** How a forged token is signed: by an Ed25519 key, by some other function, or with the bytes given. */
export type ForgedSignature =
  | SigningKey
  | ((input: Uint8Array) => Uint8Array | Promise<Uint8Array>)
  | Uint8Array;

/** Builds a compact JWS of the given texts, without looking at what they say. */
export async function forge(
  header: unknown,
  payload: unknown,
  signature: ForgedSignature,
): Promise<string> {
  const text = (part: unknown) => (typeof part === "string" ? part : JSON.stringify(part));
  return signedSegments(
    toBase64url(utf8(text(header))),
    toBase64url(utf8(text(payload))),
    signature,
  );
}

/** Puts a signature behind two segments, whatever they are. */
export async function signedSegments(
  header: string,
  payload: string,
  signature: ForgedSignature,
): Promise<string> {
  const input = `${header}.${payload}`;
  return `${input}.${toBase64url(await signatureOf(utf8(input), signature))}`;
}

async function signatureOf(input: Uint8Array, signature: ForgedSignature): Promise<Uint8Array> {
  if (signature instanceof Uint8Array) return signature;
  if (typeof signature === "function") return signature(input);
  return new Uint8Array(await crypto.subtle.sign("Ed25519", signature.key, input));
}
