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
