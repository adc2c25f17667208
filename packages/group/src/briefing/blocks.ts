// The blocks of a briefing in the order in which they are told, each with why it was kept, clipped or left out.
import {
  estimateTokens,
  type BlockFate,
  type BlockKind,
  type Briefing,
  type RunId,
} from "@acos/protocol";

import type { GroupState, WindowEntry } from "../state.ts";
import { planBriefing, type Plan } from "./compose.ts";
import { gapNote, toldMessage } from "./head.ts";
import type { PinnedMessage } from "./pins.ts";

/** A row of the ledger before its text is hashed. Only what is told has a text. */
export interface Block {
  readonly kind: BlockKind;
  readonly of?: string;
  readonly fate: BlockFate;
  readonly reason?: string;
  readonly text: string | null;
  readonly tokens: number;
}

/**
 * The blocks of a briefing that was composed from this state. `step` blocks have the step as JSON. Empty when the run has
 * no open turn in it.
 */
export function blocksOf(state: GroupState, id: RunId, briefing: Briefing): readonly Block[] {
  const run = state.runs.get(id);
  if (!run?.open) return [];
  const plan = planBriefing(state, run);
  return [
    ...told("charter", briefing.charter),
    ...pinBlocks(plan),
    ...summaryBlocks(state, briefing),
    ...windowBlocks(plan),
    ...told("closing", briefing.closing),
    ...told("trigger", briefing.trigger.text, briefing.trigger.message),
    ...stepBlocks(plan),
  ];
}

function told(kind: BlockKind, text: string, of?: string): readonly Block[] {
  if (text === "") return [];
  return [{ kind, ...(of && { of }), fate: "kept", text, tokens: estimateTokens(text) }];
}

function leftOut(kind: BlockKind, reason: string, of?: string): Block {
  return { kind, ...(of && { of }), fate: "left-out", reason, text: null, tokens: 0 };
}

function pinBlocks({ head }: Plan): readonly Block[] {
  const reason = "pinned messages take no more of the group's budget";
  return [
    ...head.pins.map((pin) => messageBlock("pinned", pin, "a member pinned it")),
    ...head.pinsLeftOut.map((pin) => leftOut("pinned", reason, pin.message)),
  ];
}

function summaryBlocks({ summary, gap }: GroupState, briefing: Briefing): readonly Block[] {
  return [
    ...told("summary", briefing.summary, summary?.summary),
    ...(gap ? [leftOut("message", `${gapNote(gap)} They left the window unsummarised.`)] : []),
  ];
}

function windowBlocks({ head }: Plan): readonly Block[] {
  const { gaveWay, excluded, window } = head;
  const blocks = [
    ...window.map((entry) => ({ seq: entry.seq, block: messageBlock("message", entry) })),
    ...excluded.map(({ seq, message }) => ({
      seq,
      block: leftOut("message", "a member keeps it out of briefings", message),
    })),
  ].toSorted((a, b) => a.seq - b.seq);
  const [first, last] = [gaveWay[0], gaveWay.at(-1)];
  const range = first && last ? `#${first.seq} to #${last.seq}` : "";
  return [
    ...(range ? [leftOut("message", `messages ${range} give way: the budget is used up`)] : []),
    ...blocks.map(({ block }) => block),
  ];
}

function messageBlock(kind: BlockKind, entry: WindowEntry | PinnedMessage, why?: string): Block {
  const { message, text } = toldMessage(entry);
  const clipped = entry.left > 0 ? `${entry.left} characters of its middle are left out` : null;
  const reason = [why, clipped].filter(Boolean).join("; ");
  const fate = clipped ? "clipped" : "kept";
  return { kind, of: message, fate, ...(reason && { reason }), text, tokens: entry.tokens };
}

function stepBlocks({ steps }: Plan): readonly Block[] {
  const reason = "newer steps of the same run take its room";
  const gone = steps.leftOut.map(({ turn }) => leftOut("step", reason, String(turn)));
  return [
    ...gone,
    ...steps.told.map(({ step, reason: why, tokens }): Block => ({
      kind: "step",
      of: String(step.turn),
      fate: why ? "clipped" : "kept",
      ...(why && { reason: why }),
      text: JSON.stringify(step),
      tokens,
    })),
  ];
}
