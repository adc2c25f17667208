// A group's policy: who answers, how much agents are told, what sandboxes may do.
import * as z from "zod";

import {
  BRIEFING_BUDGET_MAX_TOKENS,
  BRIEFING_BUDGET_MIN_TOKENS,
  BRIEFING_BUDGET_TOKENS,
} from "./limits.ts";
import { sandboxPolicySchema } from "./sandbox.ts";

/** How a group decides who answers, within the limits between agents. Every number is a count or milliseconds. */
export const policySchema = z.strictObject({
  /** `mentions`: an agent answers when mentioned or replied to; `everyone`: also any person's message that mentions no agent. */
  wake: z.enum(["mentions", "everyone"]).default("mentions"),
  /** Whether agents may wake each other, and how far. */
  agents: z
    .strictObject({
      wake: z.enum(["off", "bounded"]).default("bounded"),
      rounds: z.int().min(0).max(20).default(2),
      cooldownMs: z.int().min(0).max(3_600_000).default(15_000),
      pairMentions: z.int().min(0).max(100).default(3),
      chainDepth: z.int().min(0).max(20).default(6),
    })
    .prefault({}),
  /** Tokens (estimated) that a briefing may take beside the agent's own instructions. */
  briefingTokens: z
    .int()
    .min(BRIEFING_BUDGET_MIN_TOKENS)
    .max(BRIEFING_BUDGET_MAX_TOKENS)
    .default(BRIEFING_BUDGET_TOKENS),
  sandboxes: sandboxPolicySchema.prefault({}),
});
export type Policy = z.infer<typeof policySchema>;

/** A policy as a caller writes it: whole, or by the name of a ready-made one. */
export const sentPolicySchema = z.union([
  z.enum(["mentions", "everyone"]).transform((wake) => policySchema.parse({ wake })),
  policySchema,
]);

type Change<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Change<T[K]> | undefined }
    : T;

/** What is to be changed of a policy: what is left out stays as it is; a list is written whole. */
export type PolicyChange = Change<Policy>;

/** A change as a caller writes it. The name of a ready-made policy says who answers, and nothing else. */
export const policyChangeSchema = z.union([
  z.enum(["mentions", "everyone"]).transform((wake): PolicyChange => ({ wake })),
  changesOf(policySchema) as z.ZodType<PolicyChange>,
]);

/** The same fields, each of which may be left out, and none of which is filled in. */
function changesOf({ shape }: z.ZodObject): z.ZodObject {
  const fields = Object.entries(shape).map(([name, field]) => [name, bare(field).optional()]);
  return z.strictObject(Object.fromEntries(fields) as z.ZodRawShape);
}

function bare(field: z.core.$ZodType): z.ZodType {
  if (field instanceof z.ZodDefault || field instanceof z.ZodPrefault) return bare(field.unwrap());
  return field instanceof z.ZodObject ? changesOf(field) : (field as z.ZodType);
}
