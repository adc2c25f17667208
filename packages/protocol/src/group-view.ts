// What a reader is shown of a group and its runs: the folded state in the form REST and the socket's welcome carry.
import * as z from "zod";

import { memberSchema, RUN_OUTCOMES } from "./group-event.ts";
import { idSchema } from "./ids.ts";
import { usageSchema } from "./message.ts";
import { policySchema } from "./policy.ts";
import { sandboxViewSchema } from "./sandbox.ts";
import { toolArgumentsSchema, toolResultSchema } from "./tool.ts";

/** One word for where a run stands; `waiting` is for a member's approval. */
export const RUN_STATES = ["queued", "running", "waiting", "paused", ...RUN_OUTCOMES] as const;
export type RunState = (typeof RUN_STATES)[number];

export const CALL_STATES = ["made", "waiting", "dispatched", "done", "denied"] as const;
export type CallState = (typeof CALL_STATES)[number];

const runHead = {
  run: idSchema("run"),
  agent: idSchema("agent"),
  member: idSchema("member"),
  version: z.int().positive(),
  state: z.enum(RUN_STATES),
  trigger: idSchema("message"),
};

export const openRunSchema = z.strictObject(runHead);
export const openApprovalSchema = z.strictObject({
  approval: idSchema("approval"),
  run: idSchema("run"),
  call: idSchema("toolCall"),
  tool: z.string(),
  arguments: toolArgumentsSchema,
  digest: z.string(),
});

export const groupViewSchema = z.strictObject({
  id: idSchema("group"),
  org: idSchema("org"),
  name: z.string(),
  policy: policySchema,
  head: z.int().nonnegative(),
  createdAt: z.iso.datetime(),
  members: z.array(memberSchema),
  /** Runs that have not ended. */
  runs: z.array(openRunSchema),
  approvals: z.array(openApprovalSchema),
  /** Messages that members pinned into every briefing, or keep out of it. */
  briefingRules: z.array(
    z.strictObject({ message: idSchema("message"), rule: z.enum(["pinned", "excluded"]) }),
  ),
  /** What is going on with the summary; null where none was made yet. */
  summary: z
    .strictObject({
      /** 0 before the first. */
      version: z.int().nonnegative(),
      upTo: z.int().nonnegative(),
      /** One is being made. */
      making: z.boolean(),
    })
    .nullable(),
  sandboxes: z.array(sandboxViewSchema),
  /** `copying` until all of a fork's or import's history has come. */
  state: z.enum(["active", "copying"]),
});
export type GroupView = z.infer<typeof groupViewSchema>;
export type OpenApproval = z.infer<typeof openApprovalSchema>;
export type OpenRun = z.infer<typeof openRunSchema>;

export const runViewSchema = z.strictObject({
  ...runHead,
  queuedAt: z.iso.datetime(),
  startedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  reason: z.string().optional(),
  usage: usageSchema,
  cost: z.number(),
  turns: z.array(
    z.strictObject({
      turn: z.int().positive(),
      attempt: z.int().positive(),
      startedAt: z.iso.datetime(),
      endedAt: z.iso.datetime().optional(),
      message: idSchema("message"),
      model: z.string().optional(),
      usage: usageSchema.optional(),
      cost: z.number().optional(),
      calls: z.array(
        z.strictObject({
          call: idSchema("toolCall"),
          tool: z.string(),
          arguments: toolArgumentsSchema,
          digest: z.string(),
          effect: z.boolean(),
          state: z.enum(CALL_STATES),
          approval: idSchema("approval").optional(),
          result: toolResultSchema.optional(),
        }),
      ),
    }),
  ),
});
export type RunView = z.infer<typeof runViewSchema>;

/** A page of a list; `nextCursor` is what to ask for next, null at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}
