// Secrets at rest: each sealed under its org's data key, in such a way that it opens under its own name only.
import type { OrgId } from "@acos/protocol";

import { importAesKey, openBytes, sealBytes, type RandomBytes, type SealedBox } from "./aes-gcm.ts";
import { fromUtf8, toUtf8 } from "./base64.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { DataKey } from "./data-key.ts";
import type { MasterKeys } from "./master-keys.ts";
import { TrustError } from "./trust-error.ts";

/** What a secret is within its org: it opens under exactly this name. */
export interface SecretName {
  readonly name: string;
  /** Rises with each new value, so that an old record cannot be put back in the place of a new one. */
  readonly version: number;
}

/** A sealed secret, as it is stored; `dataKey` is the version of its org's data key. */
export interface SealedSecret extends SealedBox {
  readonly v: 2;
  readonly dataKey: number;
}

/** Seals a secret under its name with a fresh IV. */
export async function sealSecret(
  dataKey: DataKey,
  secret: SecretName & { readonly plaintext: string },
  random: RandomBytes,
): Promise<SealedSecret> {
  const sealed = { about: aboutOf(dataKey, secret), bytes: toUtf8(secret.plaintext) };
  return { v: 2, dataKey: dataKey.version, ...(await sealBytes(dataKey.key, sealed, random)) };
}

/**
 * Opens a secret. Throws TrustError when the data key, the org, the name or the version is another than at the sealing, or
 * a byte was changed; it does not say which.
 */
export async function openSecret(
  dataKey: DataKey,
  secret: SecretName & { readonly sealed: SealedSecret },
): Promise<string> {
  const { sealed } = secret;
  if (sealed.v !== 2) throw new TrustError("secret", "malformed", "v");
  return textOf(await openBytes(dataKey.key, aboutOf(dataKey, secret), sealed));
}

function aboutOf({ org, version: dataKey }: DataKey, { name, version }: SecretName): Uint8Array {
  return toUtf8(canonicalJson(["acos-secret-v2", org, name, version, dataKey]));
}

/** A record of the first layout: a data key of its own, sealed by a master key that is not named. */
export interface FirstSealedSecret {
  readonly v: 1;
  readonly wrappedKey: string;
  readonly wrapIv: string;
  readonly iv: string;
  readonly ciphertext: string;
}

/** Opens a record of the first layout with whichever master key fits. Throws TrustError when none does. Nothing seals so any more. */
export async function openFirstSecret(
  masterKeys: MasterKeys,
  secret: SecretName & { readonly org: OrgId; readonly sealed: FirstSealedSecret },
): Promise<string> {
  const { org, name, version, sealed } = secret;
  if (sealed.v !== 1) throw new TrustError("secret", "malformed", "v");
  const aboutKey = toUtf8(canonicalJson(["acos-data-key-v1", org]));
  const about = toUtf8(canonicalJson(["acos-secret-v1", org, name, version]));
  const wrapped = { iv: sealed.wrapIv, ciphertext: sealed.wrappedKey };
  for (const { key } of masterKeys) {
    const bytes = await openBytes(key, aboutKey, wrapped).catch(() => undefined);
    if (bytes !== undefined)
      return textOf(await openBytes(await importAesKey(bytes), about, sealed));
  }
  throw new TrustError("secret", "signature");
}

function textOf(bytes: Uint8Array): string {
  const text = fromUtf8(bytes);
  if (text === undefined) throw new TrustError("secret", "encoding");
  return text;
}
