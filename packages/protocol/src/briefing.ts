// Briefings: exactly what an agent is told for one turn; signed by the Group Controller, read by the Agents Worker.
import * as z from "zod";

import { agentPinSchema, handleSchema } from "./agent-version.ts";
import { idSchema } from "./ids.ts";
import { TOKEN_MAX_BYTES } from "./limits.ts";
import { toolArgumentsSchema, toolNameSchema, toolResultSchema } from "./tool.ts";

/** A message of the window, already labelled with its author and time by the group's rules. */
export const windowMessageSchema = z.strictObject({
  message: idSchema("message"),
  text: z.string(),
});
export type WindowMessage = z.infer<typeof windowMessageSchema>;

/** An earlier turn of the same run: what the model said and the outcome of each tool call it made. */
export const runStepSchema = z.strictObject({
  turn: z.int().positive(),
  text: z.string(),
  calls: z.array(
    z.strictObject({
      call: idSchema("toolCall"),
      tool: z.string(),
      arguments: toolArgumentsSchema,
      result: toolResultSchema,
    }),
  ),
});
export type RunStep = z.infer<typeof runStepSchema>;

/** What the run answers: the message that woke the agent, with its author's name. */
export const triggerSchema = z.strictObject({
  message: idSchema("message"),
  author: z.string(),
  text: z.string(),
});
export type Trigger = z.infer<typeof triggerSchema>;

/**
 * Blocks in the order they are told: `charter`, `pinned`, `summary` and `window` are the same bytes for every agent of the
 * group, `closing` and `trigger` differ. Empty ones are not told. The agent's own instructions are not here: the pin says which version holds them.
 */
export const briefingSchema = z.strictObject({
  briefing: idSchema("briefing"),
  group: idSchema("group"),
  org: idSchema("org"),
  run: idSchema("run"),
  turn: z.int().positive(),
  at: z.int().nonnegative(),
  agent: z.strictObject({
    pin: agentPinSchema,
    member: idSchema("member"),
    handle: handleSchema,
    name: z.string(),
  }),
  charter: z.string(),
  /** What members want told every time. */
  pinned: z.array(windowMessageSchema),
  /** What came before the window came to. */
  summary: z.string(),
  window: z.array(windowMessageSchema),
  closing: z.string(),
  trigger: triggerSchema,
  steps: z.array(runStepSchema),
});
export type Briefing = z.infer<typeof briefingSchema>;

/** Body of `POST /turns` on the Agents Worker. */
export const turnRequestSchema = z.strictObject({ briefing: briefingSchema });
export type TurnRequest = z.infer<typeof turnRequestSchema>;

/**
 * Body of `POST /tool-calls` on the Agents Worker: one journalled call; `call` is its idempotency key, `dispatch` counts
 * how often the group has handed it out, `grant` is the Tool Grant that the group signed for exactly this.
 */
export const toolCallRequestSchema = z.strictObject({
  group: idSchema("group"),
  org: idSchema("org"),
  run: idSchema("run"),
  turn: z.int().positive(),
  call: idSchema("toolCall"),
  dispatch: z.int().positive(),
  pin: agentPinSchema,
  tool: toolNameSchema,
  arguments: toolArgumentsSchema,
  grant: z.string().max(TOKEN_MAX_BYTES),
});
export type ToolCallRequest = z.infer<typeof toolCallRequestSchema>;

/**
 * Body of `POST /tool-call-claims` on the Group Controller's `ToolCallClaims` entrypoint: the Agents Worker is about to make
 * a call that has an effect. 204 answers that it may, once; a Problem that it may not.
 */
export const toolCallClaimSchema = z.strictObject({
  group: idSchema("group"),
  run: idSchema("run"),
  call: idSchema("toolCall"),
  dispatch: z.int().positive(),
  /** Of tool and arguments, as the journal has it. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ToolCallClaim = z.infer<typeof toolCallClaimSchema>;
export const TOOL_CALL_CLAIMS_PATH = "/tool-call-claims";

/** Fixed authorities of the signed requests: service bindings have no real host. */
export const AGENTS_ORIGIN = "https://agents.internal";
export const ORCHESTRATOR_ORIGIN = "https://orchestrator.internal";
export const GROUP_ORIGIN = "https://group.internal";
