// The head of a briefing: charter, pins, summary and window, the same bytes for every agent of the group.
import { estimateTokens, type WindowMessage } from "@acos/protocol";

import type { Gap, GroupState, PlacedRule, WindowEntry } from "../state.ts";
import { budgetOf } from "./budget.ts";
import { charterOf } from "./charter.ts";
import { environmentOf } from "./environment.ts";
import { labelled } from "./label.ts";
import { pinsOf, type PinnedMessage } from "./pins.ts";
import { beginsTurn, tailStart } from "./window.ts";

export interface Head {
  readonly charter: string;
  readonly pins: readonly PinnedMessage[];
  readonly pinsLeftOut: readonly PinnedMessage[];
  readonly summary: string;
  readonly window: readonly WindowEntry[];
  /** Messages of the window that members keep out of briefings. */
  readonly excluded: readonly WindowEntry[];
  /** Messages of the window that give way to the run's own steps, or to newer ones while a summary is made. */
  readonly gaveWay: readonly WindowEntry[];
  /** Estimated tokens of pins, summary and window. */
  readonly tokens: number;
}

/**
 * What agents are told first, of messages up to a seq. `short`: only the newest part of the window, for a run whose own steps
 * need the room; it is the same for every such run.
 */
export function headOf(state: GroupState, upToSeq: number, short: boolean): Head {
  const { told: pins, leftOut: pinsLeftOut } = pinsOf(state);
  const inTime =
    (state.window.at(-1)?.seq ?? 0) <= upToSeq
      ? state.window
      : state.window.filter(({ seq }) => seq <= upToSeq);
  const from = short ? shortStart(state, inTime) : 0;
  const recent = from === 0 ? inTime : inTime.slice(from);
  const rules = state.briefingRules;
  const window = rules.size === 0 ? recent : recent.filter(({ message }) => !rules.has(message));
  const summary = summaryText(state);
  return {
    charter: [charterOf(state), environmentOf(state)].filter((part) => part !== "").join("\n"),
    pins,
    pinsLeftOut,
    summary,
    window,
    excluded: recent.filter(({ message }) => rules.get(message)?.rule === "excluded"),
    gaveWay: inTime.slice(0, from),
    tokens: [...pins, ...window].reduce((sum, { tokens }) => sum + tokens, summaryTokens(summary)),
  };
}

/** Where the kept share of a window begins, at the next turn's start if there is one. */
function shortStart(state: GroupState, window: readonly WindowEntry[]): number {
  const from = tailStart(window, budgetOf(state).keep);
  const turn = window.findIndex((entry, index) => index >= from && beginsTurn(state, entry));
  return turn < 0 ? from : turn;
}

/** The summary as it is told, with a note of the messages that are told nowhere. */
function summaryText({ summary, gap }: GroupState): string {
  return [summary?.text ?? "", gap ? gapNote(gap) : ""].filter((part) => part !== "").join("\n\n");
}

/** What is said of messages that left the window unsummarised. */
export function gapNote({ count, from, to }: Gap): string {
  return count === 1
    ? `One message, #${to}, is not told in this briefing; recall finds it.`
    : `${count} messages between #${from} and #${to} are not told in this briefing; recall finds them.`;
}

let lastSummary = { text: "", tokens: 0 };

function summaryTokens(text: string): number {
  if (text !== lastSummary.text) lastSummary = { text, tokens: estimateTokens(text) };
  return lastSummary.tokens;
}

const rendered = new WeakMap<WindowEntry | PlacedRule, string>();

/** A message as agents are told it; rendered once for as long as it does not change. */
export function toldMessage(entry: WindowEntry | PinnedMessage): WindowMessage {
  return { message: entry.message, text: textOnce(entry) };
}

function textOnce(entry: WindowEntry | PlacedRule): string {
  const known = rendered.get(entry);
  if (known !== undefined) return known;
  const text = labelled(entry.label, entry.text);
  rendered.set(entry, text);
  return text;
}
