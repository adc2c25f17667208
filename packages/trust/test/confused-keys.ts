// HMAC keys an attacker can guess from what is public: the classic confusion of a public key with a shared secret.
import { utf8 } from "./forge.ts";

export type Hmac = (key: Uint8Array, input: Uint8Array) => Uint8Array;

interface Jwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
}

/** The bytes one entry of the "key-confusion" list takes for the secret. */
export async function confusedSecret(id: string, jwk: Jwk): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("jwk", { ...jwk }, "Ed25519", true, ["verify"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", key));
  const base64 = btoa(String.fromCharCode(...spki));
  const secrets: Readonly<Record<string, Uint8Array>> = {
    "hs256-with-PEM with trailing newline": utf8(
      `-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`,
    ),
    "hs256-with-DER SPKI bytes": spki,
    "hs256-with-JWK JSON text": utf8(JSON.stringify(jwk)),
    "hs256-with-base64url x text": utf8(jwk.x),
  };
  const secret = secrets[id];
  if (secret === undefined) throw new Error(`nothing is written for ${id}`);
  return secret;
}
