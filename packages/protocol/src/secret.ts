// Secrets of an org: what goes in over REST, where a tool's configuration names one, and the sealed record behind it.
import * as z from "zod";

import { idSchema } from "./ids.ts";
import { SECRET_MAX_CHARS, SECRET_MIN_CHARS } from "./limits.ts";

const SECRET_NAME = "[a-z0-9](?:-?[a-z0-9]){0,63}";
export const secretNameSchema = z
  .string()
  .regex(new RegExp(`^${SECRET_NAME}$`), "must be 1 to 64 of a-z, 0-9 and single hyphens");

/** Host, or host and port, as a URL spells them. */
const secretHostSchema = z
  .string()
  .max(260)
  .toLowerCase()
  .regex(
    /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/,
    'must be a host such as "api.example.com", or host:port',
  );

/** What a header or a query parameter can carry (RFC 9110, section 5.5), without white space at its ends. */
const secretValueSchema = z
  .string()
  .min(SECRET_MIN_CHARS)
  .max(SECRET_MAX_CHARS)
  .regex(/^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/, "must be visible ASCII text in one line");

export const secretPutSchema = z.strictObject({
  /** Write-only. Left out on a change: the value that is there stays. */
  value: secretValueSchema.optional(),
  /** Where it may be sent, and nowhere else. */
  hosts: z.array(secretHostSchema).min(1).max(20),
  /** Which groups' agents may use it. */
  groups: z.union([z.literal("all"), z.array(idSchema("group")).max(100)]).default("all"),
});

export const secretViewSchema = z.strictObject({
  name: z.string(),
  version: z.int().positive(),
  hosts: z.array(z.string()),
  groups: z.union([z.literal("all"), z.array(idSchema("group"))]),
  createdAt: z.string(),
  createdBy: idSchema("user"),
});
export type SecretView = z.infer<typeof secretViewSchema>;

const boxSchema = { iv: z.string(), ciphertext: z.string() };

/** A sealed secret with the data key that opens it, itself sealed: what the Agents Worker reads, and cannot read without the master key. */
export const sealedRecordSchema = z.strictObject({
  org: idSchema("org"),
  name: z.string(),
  version: z.int().positive(),
  /** Null for a provider's key: the provider says where it goes. */
  hosts: z.array(z.string()).nullable(),
  sealed: z.strictObject({ v: z.literal(2), dataKey: z.int().positive(), ...boxSchema }),
  dataKey: z.strictObject({ kek: z.string(), ...boxSchema }),
});
export type SealedRecord = z.infer<typeof sealedRecordSchema>;

/** The name under which a provider's key is sealed; no secret that somebody names can have a slash in it. */
export function providerKeyName(provider: string): string {
  return `provider/${provider}`;
}

const PLACE = new RegExp(String.raw`\{\{secret:(${SECRET_NAME})\}\}`, "g");

/** Names of the secrets that a configured text asks for, written `{{secret:NAME}}`; each once. */
export function secretsIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(PLACE)].map(([, name]) => name ?? ""))];
}

/** The text with its secrets in their places. `valueOf` is asked for every name that `secretsIn` lists. */
export function fillSecrets(text: string, valueOf: (name: string) => string): string {
  return text.replace(PLACE, (_place, name: string) => valueOf(name));
}
