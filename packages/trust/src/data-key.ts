// Data keys: an org's own keys, each sealed by a master key, so that rotating that one touches no secret.
import type { CryptoKey } from "jose";
import type { OrgId } from "@acos/protocol";

import {
  importAesKey,
  KEY_BYTES,
  openBytes,
  sealBytes,
  type RandomBytes,
  type SealedBox,
} from "./aes-gcm.ts";
import { toUtf8 } from "./base64.ts";
import { canonicalJson } from "./canonical-json.ts";
import { masterKeyOf, type MasterKey, type MasterKeys } from "./master-keys.ts";

/** Which data key: versions of an org rise, the newest seals. */
export interface DataKeyName {
  readonly org: OrgId;
  readonly version: number;
}

/** A data key as it is stored: sealed by the master key that `kek` names. */
export interface WrappedDataKey extends SealedBox {
  readonly kek: string;
}

/** A data key at work; it cannot be exported. */
export interface DataKey extends DataKeyName {
  readonly key: CryptoKey;
}

/** Makes an org's data key of a version, sealed by the first master key. */
export async function makeDataKey(
  masterKeys: MasterKeys,
  name: DataKeyName,
  random: RandomBytes,
): Promise<{ readonly dataKey: DataKey; readonly wrapped: WrappedDataKey }> {
  const bytes = random(KEY_BYTES);
  const wrapped = await wrap(masterKeys[0], { name, bytes }, random);
  return { dataKey: { ...named(name), key: await importAesKey(bytes) }, wrapped };
}

/** Opens a data key. Throws TrustError: `unknown_key` when its master key is not among ours, else as `openBytes` does. */
export async function openDataKey(
  masterKeys: MasterKeys,
  stored: DataKeyName & { readonly wrapped: WrappedDataKey },
): Promise<DataKey> {
  return { ...named(stored), key: await importAesKey(await unwrap(masterKeys, stored)) };
}

/** The same data key sealed by the first master key: how master keys are rotated. No secret is opened for it. */
export async function rewrapDataKey(
  masterKeys: MasterKeys,
  stored: DataKeyName & { readonly wrapped: WrappedDataKey },
  random: RandomBytes,
): Promise<WrappedDataKey> {
  const bytes = await unwrap(masterKeys, stored);
  return wrap(masterKeys[0], { name: stored, bytes }, random);
}

async function wrap(
  { id, key }: MasterKey,
  { name, bytes }: { readonly name: DataKeyName; readonly bytes: Uint8Array },
  random: RandomBytes,
): Promise<WrappedDataKey> {
  return { kek: id, ...(await sealBytes(key, { about: aboutOf(name, id), bytes }, random)) };
}

function unwrap(
  masterKeys: MasterKeys,
  { wrapped, ...name }: DataKeyName & { readonly wrapped: WrappedDataKey },
): Promise<Uint8Array> {
  const { id, key } = masterKeyOf(masterKeys, wrapped.kek);
  return openBytes(key, aboutOf(name, id), wrapped);
}

function aboutOf({ org, version }: DataKeyName, kek: string): Uint8Array {
  return toUtf8(canonicalJson(["acos-data-key-v2", org, version, kek]));
}

function named({ org, version }: DataKeyName): DataKeyName {
  return { org, version };
}
