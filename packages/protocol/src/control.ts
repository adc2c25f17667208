// The control plane's REST vocabulary: bodies and answers under /api/v1. operations.ts says which route uses which.
import * as z from "zod";

import {
  agentConfigSchema,
  modelNameSchema,
  nameSchema,
  PROVIDER_KINDS,
  providerNameSchema,
} from "./agent-version.ts";
import { auditBodySchema } from "./audit.ts";
import { roleSchema } from "./group-event.ts";
import { searchQuerySchema } from "./history.ts";
import { ORG_ROLES } from "./group-control.ts";
import { idSchema } from "./ids.ts";
import { PAGE_MAX, SEARCH_PAGE_MAX } from "./limits.ts";
import { policyChangeSchema, sentPolicySchema } from "./policy.ts";
import { BUILTIN_TOOLS, toolConfigSchema, USUAL_TOOLS } from "./tool.ts";

export const meSchema = z.strictObject({
  user: z.strictObject({ id: idSchema("user"), name: z.string(), email: z.string() }),
  orgs: z.array(z.strictObject({ id: idSchema("org"), name: z.string(), role: z.enum(ORG_ROLES) })),
});
export type Me = z.infer<typeof meSchema>;

export const API_KEY_SCOPES = ["read", "write"] as const;
export const apiKeyCreateSchema = z.strictObject({
  name: z.string().trim().min(1).max(64),
  /** Left out: all scopes. */
  scopes: z.array(z.enum(API_KEY_SCOPES)).min(1).optional(),
});
export const apiKeyViewSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  start: z.string(),
  scopes: z.array(z.enum(API_KEY_SCOPES)),
  createdAt: z.string(),
});
export type ApiKeyView = z.infer<typeof apiKeyViewSchema>;
export const apiKeyCreatedSchema = apiKeyViewSchema.extend({ key: z.string() });

export const providerPutSchema = z.strictObject({
  kind: z.enum(PROVIDER_KINDS),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .optional(),
  /** Write-only. Left out on a change: the key that is there stays. */
  apiKey: z.string().min(1).max(4096).optional(),
  models: z.array(z.string().min(1).max(200)).max(200).optional(),
});
export const providerViewSchema = z.strictObject({
  name: providerNameSchema,
  kind: z.string(),
  baseUrl: z.string().optional(),
  hasKey: z.boolean(),
  models: z.array(z.string()),
  version: z.int(),
  /** True for what the installation itself offers (found at start, or the rehearsal model). */
  builtin: z.boolean(),
});
export type ProviderView = z.infer<typeof providerViewSchema>;

/** A tool as a caller writes it: a built-in one by its name alone, or a whole configuration. */
const sentToolSchema = z.union([
  z.enum(BUILTIN_TOOLS).transform((name) => ({ type: "builtin" as const, name })),
  toolConfigSchema,
]);
export const agentCreateSchema = agentConfigSchema.extend({
  instructions: agentConfigSchema.shape.instructions.default(""),
  /** Left out: the built-in tools but those of sandboxes. */
  tools: z
    .array(sentToolSchema)
    .max(64)
    .default(() => USUAL_TOOLS.map((name) => ({ type: "builtin" as const, name }))),
});
export const agentPatchSchema = agentConfigSchema
  .extend({ tools: z.array(sentToolSchema).max(64) })
  .partial();
export const agentViewSchema = agentConfigSchema.extend({
  id: idSchema("agent"),
  org: idSchema("org"),
  version: z.int().positive(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type AgentView = z.infer<typeof agentViewSchema>;
export const agentVersionViewSchema = agentConfigSchema.extend({
  version: z.int().positive(),
  createdAt: z.string(),
  createdBy: idSchema("user"),
});

export const groupCreateSchema = z.strictObject({
  name: nameSchema,
  agents: z
    .array(
      z.strictObject({
        id: idSchema("agent"),
        version: z.union([z.int().positive(), z.literal("latest")]).default("latest"),
      }),
    )
    .max(50)
    .default([]),
  policy: sentPolicySchema.prefault({}),
});
export const groupPatchSchema = z
  .strictObject({ name: nameSchema, policy: policyChangeSchema })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, {
    message: "say what to change: name or policy",
  });
export const groupSummarySchema = z.strictObject({
  id: idSchema("group"),
  org: idSchema("org"),
  name: z.string(),
  createdAt: z.string(),
  /** It lies in cold storage, and comes back with the next visit. */
  archived: z.boolean(),
});
export type GroupSummary = z.infer<typeof groupSummarySchema>;

export const memberPutSchema = z.strictObject({
  role: roleSchema.default("member"),
  /** For agents. */
  version: z.union([z.int().positive(), z.literal("latest")]).optional(),
});

export const routingTokenSchema = z.strictObject({
  routing_token: z.string(),
  token_type: z.literal("routing"),
  /** Seconds. */
  expires_in: z.int(),
  ws_url: z.string(),
});
export type RoutingTokenAnswer = z.infer<typeof routingTokenSchema>;

export const modelViewSchema = z.strictObject({
  model: modelNameSchema,
  label: z.string(),
  provider: z.string(),
  /** True where no AI answers: the rule-driven rehearsal model. */
  rehearsal: z.boolean(),
});
export type ModelView = z.infer<typeof modelViewSchema>;

/** An entry of an org's audit chain, with all that its hash is made of. `at` has milliseconds. */
export const auditEntryViewSchema = auditBodySchema.extend({
  seq: z.int(),
  at: z.string(),
  hash: z.string(),
  /** The hash before it; 64 zeros for the first entry. */
  previous: z.string(),
});
export type AuditEntryView = z.infer<typeof auditEntryViewSchema>;
export const auditHeadViewSchema = z.strictObject({
  /** 0 while nothing is recorded. */
  seq: z.int(),
  hash: z.string(),
  /** Whether the installation's own seal on the head opens and says the same. */
  sealed: z.boolean(),
});
export type AuditHeadView = z.infer<typeof auditHeadViewSchema>;

export const seqSchema = z.strictObject({ seq: z.int().nonnegative() });
export const pageQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).optional(),
  after: z.coerce.number().int().nonnegative().optional(),
  before: z.coerce.number().int().positive().optional(),
  cursor: z.string().max(200).optional(),
  /** What to search for, where there is something to be searched. */
  q: searchQuerySchema.optional(),
  /** Where a stretch begins and ends, where there is one: see the queries below. */
  from: z.string().max(64).optional(),
  to: z.string().max(64).optional(),
  /** Of a file that is written: three or four octal digits. */
  mode: z
    .string()
    .regex(/^[0-7]{3,4}$/, "must be three or four octal digits, such as 755")
    .optional(),
});
/** The query of a process's output: what comes after this seq. */
export const outputQuerySchema = pageQuerySchema.extend({
  from: z.coerce.number().int().nonnegative().optional(),
});
/** The query of changes: between which checkpoints. */
export const changesQuerySchema = pageQuerySchema.extend({
  from: idSchema("checkpoint").optional(),
  to: idSchema("checkpoint").optional(),
});
/** The query of a search: there is none without words, and its pages are small. */
export const searchPageQuerySchema = pageQuerySchema.extend({
  limit: z.coerce.number().int().min(1).max(SEARCH_PAGE_MAX).optional(),
  q: searchQuerySchema,
});
