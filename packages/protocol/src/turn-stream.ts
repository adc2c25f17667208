// The turn stream: one model response as it comes, a JSON object per line, from the Agents Worker to the Group Controller.
import * as z from "zod";

import { problemSchema } from "./errors.ts";
import { usageSchema } from "./message.ts";
import { toolArgumentsSchema } from "./tool.ts";

export const TURN_STREAM_TYPE = "application/x-ndjson";

export const FINISH_REASONS = ["stop", "tool-calls", "length", "content-filter", "other"] as const;
export type FinishReason = (typeof FINISH_REASONS)[number];

/**
 * `text` and `reasoning` grow the part with that index. `tool-call` is whole; `effect` says that it may change something
 * outside, so a member must approve it; `invalid` says why it cannot be made. A stream ends with `finish` or `failure`;
 * one that just stops has failed.
 */
export const turnPartSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("start"), model: z.string() }),
  z.strictObject({ type: z.literal("text"), part: z.int().nonnegative(), text: z.string() }),
  z.strictObject({ type: z.literal("reasoning"), part: z.int().nonnegative(), text: z.string() }),
  z.strictObject({
    type: z.literal("tool-call"),
    tool: z.string(),
    arguments: toolArgumentsSchema,
    effect: z.boolean(),
    invalid: z.string().optional(),
  }),
  z.strictObject({ type: z.literal("beat") }),
  z.strictObject({
    type: z.literal("finish"),
    reason: z.enum(FINISH_REASONS),
    usage: usageSchema,
    /** US dollars; 0 where no price is known. */
    cost: z.number().nonnegative(),
    /** What the whole call was estimated at before it was made; the group learns from the difference. */
    estimatedInput: z.int().nonnegative().optional(),
  }),
  z.strictObject({ type: z.literal("failure"), problem: problemSchema }),
]);
export type TurnPart = z.infer<typeof turnPartSchema>;
