// The ledger: what made up the briefing of a turn, block by block, and why.
import * as z from "zod";

import { sha256Schema } from "./agent-version.ts";
import { usageSchema } from "./message.ts";

/** In the order in which they are told. `message` is one of the window, `step` one of the run's own earlier turns. */
export const BLOCK_KINDS = [
  "charter",
  "pinned",
  "summary",
  "message",
  "closing",
  "trigger",
  "step",
] as const;
export type BlockKind = (typeof BLOCK_KINDS)[number];

/** `kept` whole; `clipped` in its middle; `left-out`: not told (its text is no part of the briefing). */
export const BLOCK_FATES = ["kept", "clipped", "left-out"] as const;
export type BlockFate = (typeof BLOCK_FATES)[number];

export const ledgerBlockSchema = z.strictObject({
  kind: z.enum(BLOCK_KINDS),
  /** What the block is of: a message's id, a summary's id, the number of a step. */
  of: z.string().optional(),
  fate: z.enum(BLOCK_FATES),
  /** Why it was clipped or left out, in words. */
  reason: z.string().optional(),
  /** SHA-256 of the block's text in hex; absent for what was left out. */
  hash: sha256Schema.optional(),
  tokens: z.int().nonnegative(),
});
export type LedgerBlock = z.infer<typeof ledgerBlockSchema>;

export const ledgerSchema = z.strictObject({
  /** Whether the text rebuilt from the log has the hashes noted when the turn began. */
  exact: z.boolean(),
  /** Estimated tokens of the briefing. */
  tokens: z.int().nonnegative(),
  blocks: z.array(ledgerBlockSchema),
  /** Tokens as the provider reports them, cache reads and writes included; absent until the turn has ended. */
  usage: usageSchema.optional(),
  cost: z.number().optional(),
});
export type Ledger = z.infer<typeof ledgerSchema>;
