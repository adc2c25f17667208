// Summaries: what a stretch of a group's log came to, in fixed sections, each bullet with the messages it rests on.
import * as z from "zod";

import { agentPinSchema } from "./agent-version.ts";
import { windowMessageSchema } from "./briefing.ts";
import { idSchema } from "./ids.ts";
import { SUMMARY_BULLETS_MAX, SUMMARY_BULLET_MAX_CHARS } from "./limits.ts";
import { usageSchema } from "./message.ts";

/** The sections, in the order in which they are told. */
export const SUMMARY_SECTIONS = [
  "Goals",
  "Decisions",
  "Current state",
  "Artifacts",
  "Open questions",
] as const;
export type SummarySection = (typeof SUMMARY_SECTIONS)[number];

/** One line of a summary; `rests` names the messages it comes from. Only a member's own line may rest on none. */
export const summaryBulletSchema = z.strictObject({
  text: z.string().trim().min(1).max(SUMMARY_BULLET_MAX_CHARS),
  rests: z.array(idSchema("message")).max(50),
});
export type SummaryBullet = z.infer<typeof summaryBulletSchema>;

/** Every section, each once and in order; one that has nothing to say is empty. */
export const summarySectionsSchema = z
  .array(
    z.strictObject({
      section: z.enum(SUMMARY_SECTIONS),
      bullets: z.array(summaryBulletSchema).max(SUMMARY_BULLETS_MAX),
    }),
  )
  .refine(
    (sections) =>
      sections.length === SUMMARY_SECTIONS.length &&
      sections.every(({ section }, index) => section === SUMMARY_SECTIONS[index]),
    { message: `give each section once, in this order: ${SUMMARY_SECTIONS.join(", ")}` },
  );
export type SummarySections = z.infer<typeof summarySectionsSchema>;

/** A summary as readers see it. It stands for every message up to `upTo`. */
export const summaryViewSchema = z.strictObject({
  summary: idSchema("summary"),
  version: z.int().positive(),
  upTo: z.int().nonnegative(),
  at: z.int().nonnegative(),
  sections: summarySectionsSchema,
  /** The member who wrote or edited it; absent where a model made it. */
  by: idSchema("member").optional(),
  model: z.string().optional(),
  usage: usageSchema.optional(),
  cost: z.number().optional(),
});
export type SummaryView = z.infer<typeof summaryViewSchema>;

/**
 * Body of `POST /summaries` on the Agents Worker: make the next summary from the one before and the messages after it.
 * Messages are labelled `[#seq …]`; the answer is a turn stream whose text has a heading per section and bullets that end
 * with the seqs they rest on, such as `- Ship on Friday [#12, #15]`. The group checks it; nothing here is believed.
 */
export const summaryRequestSchema = z.strictObject({
  summary: idSchema("summary"),
  group: idSchema("group"),
  org: idSchema("org"),
  at: z.int().nonnegative(),
  pin: agentPinSchema,
  /** The text of the summary before; empty for the first. */
  previous: z.string(),
  messages: z.array(windowMessageSchema),
  /** How long the answer may be, in estimated tokens. */
  maxTokens: z.int().positive(),
});
export type SummaryRequest = z.infer<typeof summaryRequestSchema>;
export const SUMMARIES_PATH = "/summaries";
