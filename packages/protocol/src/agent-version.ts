// AgentVersions: the immutable configuration a run pins, and the pointer to it that travels in the signed briefing.
import * as z from "zod";

import { idSchema } from "./ids.ts";
import { INSTRUCTIONS_MAX_CHARS, TOOLS_MAX } from "./limits.ts";
import { toolConfigSchema } from "./tool.ts";

/** How `@handle` is written: lower case letters, digits and single hyphens. */
export const handleSchema = z
  .string()
  .regex(
    /^[a-z0-9](?:-?[a-z0-9]){0,31}$/,
    "must be 1 to 32 of a-z, 0-9 and single hyphens, and begin and end with none",
  );
export const nameSchema = z.string().trim().min(1).max(80);
export const providerNameSchema = z
  .string()
  .regex(/^[a-z0-9](?:-?[a-z0-9]){0,31}$/, "must be 1 to 32 of a-z, 0-9 and single hyphens");
/** `provider/model`; the model's own name may hold further slashes. */
export const modelNameSchema = z
  .string()
  .max(200)
  .regex(
    /^[a-z0-9-]+\/[^\s]+$/,
    'must look like "provider/model", for example "rehearsal/rehearsal-1"',
  );

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** What a version says, as a person writes it. */
export const agentConfigSchema = z.strictObject({
  handle: handleSchema,
  name: nameSchema,
  about: z.string().max(500).optional(),
  instructions: z.string().max(INSTRUCTIONS_MAX_CHARS),
  model: modelNameSchema,
  tools: z.array(toolConfigSchema).max(TOOLS_MAX),
  maxOutputTokens: z.int().min(1).max(200_000).optional(),
  temperature: z.number().min(0).max(2).optional(),
});
export type AgentConfig = z.infer<typeof agentConfigSchema>;

/** The immutable record whose bytes are hashed, stored in D1 and KV, and verified before use. */
export const agentVersionSchema = agentConfigSchema.extend({
  agent: idSchema("agent"),
  org: idSchema("org"),
  version: z.int().positive(),
});
export type AgentVersion = z.infer<typeof agentVersionSchema>;

export const PROVIDER_KINDS = ["openai-compatible", "openai", "anthropic", "google"] as const;
export type ProviderKind = (typeof PROVIDER_KINDS)[number];

/**
 * The immutable record of an org's provider. `keyVersion` names its API key among the org's sealed secrets; records of an
 * earlier product hold the sealed key themselves (`sealedKey`).
 */
export const providerVersionSchema = z.strictObject({
  org: idSchema("org"),
  name: providerNameSchema,
  version: z.int().positive(),
  kind: z.enum(PROVIDER_KINDS),
  baseUrl: z.url().optional(),
  keyVersion: z.int().positive().optional(),
  sealedKey: z.string().optional(),
  models: z.array(z.string()).optional(),
});
export type ProviderVersion = z.infer<typeof providerVersionSchema>;

export const providerPinSchema = z.strictObject({
  name: providerNameSchema,
  version: z.int().positive(),
  sha256: sha256Schema,
});
export type ProviderPin = z.infer<typeof providerPinSchema>;

/** The pointer: which bytes a run uses. `provider` is null where the installation's own provider of that name serves. */
export const agentPinSchema = z.strictObject({
  agent: idSchema("agent"),
  org: idSchema("org"),
  version: z.int().positive(),
  sha256: sha256Schema,
  model: modelNameSchema,
  provider: providerPinSchema.nullable(),
  /** Order of adoption: grows with every change of the agent or its provider; a group never adopts a lower one. */
  revision: z.int().positive(),
});
export type AgentPin = z.infer<typeof agentPinSchema>;

/** KV key of an AgentVersion: version and hash are in it, so its value never changes. */
export function agentVersionKey(pin: Pick<AgentPin, "agent" | "version" | "sha256">): string {
  return `agent/v1/${pin.agent}/${pin.version}-${pin.sha256}`;
}

/** KV key of a provider's version, immutable for the same reason. */
export function providerVersionKey(org: string, pin: ProviderPin): string {
  return `provider/v1/${org}/${pin.name}/${pin.version}-${pin.sha256}`;
}
