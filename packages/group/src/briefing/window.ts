// The window: the recent messages that agents are told. It grows at its end, and is cut from its beginning in one move.
import { estimateTokens, textOf, type MemberId, type MessageId, type Part } from "@acos/protocol";

import { memberOf, type GroupState, type Run, type WindowEntry } from "../state.ts";
import { budgetOf, type Budget } from "./budget.ts";
import { clipAgain, clipMessage, type Clipped } from "./clip.ts";
import { labelOf } from "./label.ts";
import { pinTokens } from "./pins.ts";

type Change = Partial<GroupState>;

/** What is told of a message that was withdrawn. */
export const WITHDRAWN = "(this message was withdrawn)";

/** Why a summary cannot be used whose messages have left the window meanwhile. */
const TRIMMED = "The messages it was to stand for had to leave the window before it was there.";

export interface Posted {
  readonly message: MessageId;
  readonly by: MemberId;
  readonly parts: readonly Part[];
  readonly seq: number;
  readonly at: number;
}

/** Adds a message. Between two cuts the window only grows, so a provider's prompt cache keeps its prefix. */
export function addToWindow(state: GroupState, { parts, ...posted }: Posted): Change {
  const { message, by, seq, at } = posted;
  const label = labelOf(memberOf(state, by), posted);
  const { text, left, tokens } = windowText(state, parts, seq);
  const all = tokens + estimateTokens(label) + 1;
  const entry: WindowEntry = { seq, at, message, by, label, text, tokens: all, left };
  return trimmed(state, [...state.window, entry], state.windowTokens + all);
}

/** Replaces the text of a message that is still in the window; one that has left it is left alone. */
export function changeInWindow(
  state: GroupState,
  message: MessageId,
  textFor: (entry: WindowEntry) => Clipped,
): Change {
  const at = state.window.findLastIndex((entry) => entry.message === message);
  const old = state.window[at];
  if (!old) return {};
  const entry = retold(old, textFor(old));
  return trimmed(
    state,
    state.window.with(at, entry),
    state.windowTokens + entry.tokens - old.tokens,
  );
}

/** Fits the window into a budget that has changed. */
export function refitWindow(state: GroupState): Change {
  const { message: most } = budgetOf(state);
  const window = state.window.map((entry) =>
    entry.tokens <= most
      ? entry
      : retold(entry, clipAgain({ ...entry, tokens: 0 }, entry.seq, most)),
  );
  return trimmed(state, window, sumOf(window));
}

/** The window without the messages that a summary stands for. */
export function cutWindow(
  state: GroupState,
  upTo: number,
): Pick<GroupState, "window" | "windowTokens"> {
  const first = state.window.findIndex((entry) => entry.seq > upTo);
  const window = first < 0 ? [] : state.window.slice(first);
  return { window, windowTokens: sumOf(window) };
}

/** Text of a message for the window. */
export function windowText(state: GroupState, parts: readonly Part[], seq: number): Clipped {
  return clipMessage(textOf(parts), seq, budgetOf(state).message);
}

/** What a withdrawn message is told as. */
export function withdrawnText(): Clipped {
  return { text: WITHDRAWN, left: 0, tokens: estimateTokens(WITHDRAWN) };
}

/** Estimated tokens of what is told alike to all agents: pins, summary, window. */
export function toldTokens(state: GroupState): number {
  return state.windowTokens + pinTokens(state) + (state.summary?.tokens ?? 0);
}

/** Where the oldest trigger of an unfinished run stands in the window; its length where none does. */
export function firstTrigger({ runs, window }: Pick<GroupState, "runs" | "window">): number {
  if (runs.size === 0) return window.length;
  const triggers = new Set(Array.from(runs.values(), (run: Run) => run.trigger.message));
  const at = window.findIndex((entry) => triggers.has(entry.message));
  return at < 0 ? window.length : at;
}

/** Where the newest messages begin that fit into so many tokens; the newest one always does. */
export function tailStart(window: readonly WindowEntry[], tokens: number): number {
  let from = window.length;
  for (let left = tokens; from > 0; from -= 1) {
    left -= window[from - 1]!.tokens;
    if (left < 0 && from < window.length) break;
  }
  return from;
}

/** Whether a turn of the conversation begins with this entry: a person says something. */
export function beginsTurn(
  state: Pick<GroupState, "members" | "former">,
  entry: WindowEntry,
): boolean {
  return (state.members.get(entry.by) ?? state.former.get(entry.by))?.type !== "agent";
}

function retold(entry: WindowEntry, { text, left, tokens }: Clipped): WindowEntry {
  return { ...entry, text, left, tokens: tokens + estimateTokens(entry.label) + 1 };
}

/**
 * While a summary is on its way the window may grow to so many budgets: what it will stand for must not leave before it is
 * there. Briefings tell the newest part meanwhile, within the budget.
 */
const PATIENCE = 2;

/** The window as it is; past the whole budget without its oldest messages, which are noted as not told. */
function trimmed(state: GroupState, window: readonly WindowEntry[], windowTokens: number): Change {
  const grown = { ...state, window, windowTokens };
  const budget = budgetOf(state);
  const isAwaited = state.compaction !== null && state.compaction.spoiled === null;
  if (toldTokens(grown) <= budget.most * (isAwaited ? PATIENCE : 1))
    return { window, windowTokens };
  const from = trimPoint(grown, budget);
  if (from === 0) return { window, windowTokens };
  const kept = window.slice(from);
  return {
    window: kept,
    windowTokens: sumOf(kept),
    triedTokens: null,
    ...missed(state, window.slice(0, from)),
  };
}

/**
 * Where the kept share begins, or the next turn after it where most of the share is kept then too. Triggers of unfinished
 * runs stay, unless the window would hardly shrink then.
 */
function trimPoint(state: GroupState, budget: Budget): number {
  const { window } = state;
  const from = tailStart(window, budget.keep);
  const trigger = firstTrigger(state);
  if (trigger < from) {
    const fixed = toldTokens(state) - state.windowTokens;
    if (fixed + sumOf(window.slice(trigger)) <= budget.compact) return trigger;
  }
  const turn = window.findIndex((entry, index) => index >= from && beginsTurn(state, entry));
  return turn >= 0 && sumOf(window.slice(turn)) * 2 > budget.keep ? turn : from;
}

function missed(state: GroupState, left: readonly WindowEntry[]): Change {
  const { gap, compaction } = state;
  const untold = left.filter((entry) => !state.briefingRules.has(entry.message));
  return {
    ...(untold.length > 0 && {
      gap: {
        count: (gap?.count ?? 0) + untold.length,
        from: gap?.from ?? untold[0]!.seq,
        to: untold.at(-1)!.seq,
      },
    }),
    ...(compaction && { compaction: { ...compaction, spoiled: compaction.spoiled ?? TRIMMED } }),
  };
}

function sumOf(entries: readonly WindowEntry[]): number {
  return entries.reduce((sum, entry) => sum + entry.tokens, 0);
}
