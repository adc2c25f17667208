// The keys a deployable signs with and the ring of public keys, by `kid`, that it believes.
import type { CryptoKey } from "jose";

import { importPublicKey, parsePublicJwk, thumbprintOf, type PublicJwk } from "./public-key.ts";
import { isJsonObject, type JsonValue } from "./strict-json.ts";
import { TrustError } from "./trust-error.ts";

/** A private key as it lies in the data folder or in a secret. */
export interface PrivateJwk extends PublicJwk {
  readonly d: string;
}

export interface KeyPair {
  readonly privateJwk: PrivateJwk;
  readonly publicJwk: PublicJwk;
  readonly kid: string;
}

/** A key ready to sign; it cannot be exported again. */
export interface SigningKey {
  readonly key: CryptoKey;
  readonly keyId: string;
}

/** A JWKS document (RFC 7517, section 5), as `/.well-known/jwks.json` serves it. */
export interface Jwks {
  readonly keys: readonly (PublicJwk & {
    readonly kid: string;
    readonly use: "sig";
    readonly alg: "EdDSA";
  })[];
}

/** Makes a fresh key pair with the platform's own randomness. */
export async function generateKeyPair(): Promise<KeyPair> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const { x, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  const privateJwk = parsePrivateJwk({ kty: "OKP", crv: "Ed25519", x, d });
  const publicJwk = publicPart(privateJwk);
  return { privateJwk, publicJwk, kid: await thumbprintOf(publicJwk) };
}

/** Imports a private key for signing. Throws TrustError when it is not an Ed25519 private key whose halves fit. */
export async function importSigningKey(
  privateJwk: Readonly<Record<string, unknown>> | PrivateJwk,
): Promise<SigningKey> {
  const jwk = parsePrivateJwk(privateJwk);
  try {
    const key = await crypto.subtle.importKey("jwk", { ...jwk }, "Ed25519", false, ["sign"]);
    return { key, keyId: await thumbprintOf(publicPart(jwk)) };
  } catch {
    // WebCrypto's text may quote the key; ours must not.
    throw new TrustError("key", "malformed");
  }
}

/** The public halves of private keys, current first: what the JWKS route answers. */
export async function publicJwks(
  privateJwks: readonly (Readonly<Record<string, unknown>> | PrivateJwk)[],
): Promise<Jwks> {
  const keys = privateJwks.map(async (privateJwk) => {
    const jwk = publicPart(parsePrivateJwk(privateJwk));
    return { ...jwk, kid: await thumbprintOf(jwk), use: "sig", alg: "EdDSA" } as const;
  });
  return { keys: await Promise.all(keys) };
}

/** Public keys by thumbprint; imported on first use and kept. */
export class KeyRing {
  readonly #jwks: ReadonlyMap<string, PublicJwk>;
  readonly #imported = new Map<string, Promise<CryptoKey>>();

  private constructor(jwks: ReadonlyMap<string, PublicJwk>) {
    this.#jwks = jwks;
  }

  /**
   * Makes a ring of a JWKS document (parsed JSON). Throws TrustError when a key is not Ed25519 or its `kid` is not its
   * thumbprint. Does not check where the document comes from.
   */
  static async fromJwks(document: unknown): Promise<KeyRing> {
    const keys = isJsonObject(document as JsonValue) ? (document as Partial<Jwks>).keys : undefined;
    if (!Array.isArray(keys)) throw new TrustError("key", "malformed", "keys");
    return KeyRing.of(keys as readonly PublicJwk[]);
  }

  /** Makes a ring of single public keys, with or without `kid`. Throws as `fromJwks` does. */
  static async of(jwks: readonly (PublicJwk & { readonly kid?: string })[]): Promise<KeyRing> {
    const entries = jwks.map(async (member) => {
      // From a parsed document a member may be anything, null included: the spread makes an object of it.
      const { kty, crv, x, kid } = { ...member };
      const jwk = parsePublicJwk({ kty, crv, x });
      if (jwk === undefined) throw new TrustError("key", "malformed");
      const thumbprint = await thumbprintOf(jwk);
      if (kid !== undefined && kid !== thumbprint) throw new TrustError("key", "malformed", "kid");
      return [thumbprint, jwk] as const;
    });
    return new KeyRing(new Map(await Promise.all(entries)));
  }

  has(kid: string): boolean {
    return this.#jwks.has(kid);
  }

  /** The key of that `kid`, or undefined when the ring does not hold it. */
  async find(kid: string): Promise<CryptoKey | undefined> {
    const jwk = this.#jwks.get(kid);
    if (jwk === undefined) return undefined;
    const imported = this.#imported.get(kid) ?? importPublicKey(jwk);
    this.#imported.set(kid, imported);
    return imported;
  }
}

function parsePrivateJwk(value: Readonly<Record<string, unknown>> | PrivateJwk): PrivateJwk {
  const { kty, crv, x, d } = value as Readonly<Record<string, JsonValue>>;
  const jwk = parsePublicJwk({ kty: kty ?? null, crv: crv ?? null, x: x ?? null });
  if (jwk === undefined || typeof d !== "string") throw new TrustError("key", "malformed");
  return { ...jwk, d };
}

function publicPart({ kty, crv, x }: PublicJwk): PublicJwk {
  return { kty, crv, x };
}
