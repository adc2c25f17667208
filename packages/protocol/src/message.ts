// Messages: what a member said, in typed parts, as the log and the wire carry it.
import * as z from "zod";

import { idSchema } from "./ids.ts";
import { MESSAGE_PARTS_MAX, MESSAGE_TEXT_MAX_CHARS } from "./limits.ts";

/** A part as a person sends it. Mentions are written `@handle` inside the text and resolved by the group. */
const sentPartSchema = z.strictObject({
  type: z.literal("text"),
  text: z.string().min(1).max(MESSAGE_TEXT_MAX_CHARS),
});

/** A part as the log holds it; reasoning comes from agents only. Mentions stand beside the parts, which stay as they were sent. */
export const partSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string() }),
  z.strictObject({ type: z.literal("reasoning"), text: z.string() }),
]);
export type Part = z.infer<typeof partSchema>;

export const sentPartsSchema = z
  .array(sentPartSchema)
  .min(1)
  .max(MESSAGE_PARTS_MAX)
  .refine(
    (parts) => parts.reduce((sum, part) => sum + part.text.length, 0) <= MESSAGE_TEXT_MAX_CHARS,
    {
      message: `the parts of a message hold at most ${MESSAGE_TEXT_MAX_CHARS} characters together`,
    },
  )
  .refine((parts) => parts.some((part) => part.text.trim() !== ""), {
    message: "a message needs text that is not only white space",
  });

/** A member whom a message asks to act, as the group resolved it from `@handle`. */
export const mentionSchema = z.strictObject({ member: idSchema("member"), handle: z.string() });
export type Mention = z.infer<typeof mentionSchema>;

/** Why an agent was, or was not, woken by a message: the routing receipt has one row per agent that was considered. */
export const WAKE_RULES = ["mention", "reply", "everyone"] as const;
export const SLEEP_REASONS = [
  "agents-off",
  "itself",
  "rounds",
  "cooldown",
  "pair-limit",
  "chain-depth",
  "queue-full",
  "viewer",
] as const;
export const routingSchema = z.discriminatedUnion("woken", [
  z.strictObject({
    member: idSchema("member"),
    woken: z.literal(true),
    rule: z.enum(WAKE_RULES),
    run: idSchema("run"),
  }),
  z.strictObject({
    member: idSchema("member"),
    woken: z.literal(false),
    reason: z.enum(SLEEP_REASONS),
  }),
]);
export type Routing = z.infer<typeof routingSchema>;
export type WakeRule = (typeof WAKE_RULES)[number];
export type SleepReason = (typeof SLEEP_REASONS)[number];

/** Tokens of one turn or one run, as the provider reports them (estimated where it reports none). */
export const usageSchema = z.strictObject({
  inputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  cacheReadTokens: z.int().nonnegative(),
  cacheWriteTokens: z.int().nonnegative(),
});
export type Usage = z.infer<typeof usageSchema>;

/** A message as lists return it: posted, with its later edits and reactions folded in. */
export const messageViewSchema = z.strictObject({
  message: idSchema("message"),
  seq: z.int().positive(),
  at: z.int().nonnegative(),
  by: idSchema("member"),
  parts: z.array(partSchema),
  mentions: z.array(mentionSchema),
  replyTo: idSchema("message").optional(),
  run: idSchema("run").optional(),
  incomplete: z.literal(true).optional(),
  routing: z.array(routingSchema).optional(),
  editedAt: z.iso.datetime().optional(),
  redactedAt: z.iso.datetime().optional(),
  reactions: z.array(
    z.strictObject({ reaction: z.string(), members: z.array(idSchema("member")) }),
  ),
});
export type MessageView = z.infer<typeof messageViewSchema>;

/** The text of a message, parts joined as a reader sees them; reasoning is left out. */
export function textOf(parts: readonly Part[]): string {
  return parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("\n\n");
}
