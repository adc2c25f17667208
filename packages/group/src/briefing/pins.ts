// Pins: messages that are told in every briefing, wherever the window is, and those that are kept out of all of them.
import { estimateTokens, type EventOf, type MessageId } from "@acos/protocol";

import { withEntry, withoutEntry, type GroupState, type PlacedRule } from "../state.ts";
import { budgetOf } from "./budget.ts";
import type { Clipped } from "./clip.ts";
import { seqOfLabel } from "./label.ts";

export interface PinnedMessage extends PlacedRule {
  readonly message: MessageId;
}

export interface Pins {
  readonly told: readonly PinnedMessage[];
  /** Those beyond the share of a budget that has become smaller. */
  readonly leftOut: readonly PinnedMessage[];
}

/** Pinned messages in the order in which they were said, as many as their share of the budget holds. */
export function pinsOf(state: GroupState): Pins {
  const pins = Array.from(state.briefingRules, ([message, rule]): PinnedMessage => ({
    message,
    ...rule,
  }))
    .filter(({ rule }) => rule === "pinned")
    .toSorted((a, b) => a.seq - b.seq);
  let left = budgetOf(state).pins;
  const told: PinnedMessage[] = [];
  const leftOut: PinnedMessage[] = [];
  for (const pin of pins) {
    const fits = pin.tokens <= left;
    (fits ? told : leftOut).push(pin);
    if (fits) left -= pin.tokens;
  }
  return { told, leftOut };
}

/** Estimated tokens of the pins that are told. */
export function pinTokens(state: GroupState): number {
  if (state.briefingRules.size === 0) return 0;
  return pinsOf(state).told.reduce((sum, pin) => sum + pin.tokens, 0);
}

/** Ids of messages that members keep out of briefings. */
export function excludedOf(rules: GroupState["briefingRules"]): ReadonlySet<string> {
  return new Set(
    [...rules].filter(([, { rule }]) => rule === "excluded").map(([message]) => message),
  );
}

/** The rules after one was set; `left` is what the clipping of the text left out. */
export function setRule(
  rules: GroupState["briefingRules"],
  { message, rule, label, text }: EventOf<"briefing-rule-set">,
): GroupState["briefingRules"] {
  if (rule === "normal") return withoutEntry(rules, message);
  const left = Number(/\n\[… (\d+) characters left out; read_message #\d+ /.exec(text)?.[1] ?? 0);
  const tokens = rule === "pinned" ? estimateTokens(label) + estimateTokens(text) + 1 : 0;
  return withEntry(rules, message, { rule, seq: seqOfLabel(label), label, text, tokens, left });
}

/** The rules after a message's text has changed. */
export function changePin(
  rules: GroupState["briefingRules"],
  message: MessageId,
  textFor: (pin: PlacedRule) => Clipped,
): GroupState["briefingRules"] {
  const pin = rules.get(message);
  if (pin?.rule !== "pinned") return rules;
  const { text, left, tokens } = textFor(pin);
  return withEntry(rules, message, {
    ...pin,
    text,
    left,
    tokens: tokens + estimateTokens(pin.label) + 1,
  });
}
