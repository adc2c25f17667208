// Where the window can be cut for a summary, and whether it is time.
import { budgetOf } from "../briefing/budget.ts";
import { beginsTurn, firstTrigger, tailStart, toldTokens, WITHDRAWN } from "../briefing/window.ts";
import type { GroupState, WindowEntry } from "../state.ts";

/** A summary that the window asks for has to replace at least this share of the budget: a smaller one saves nothing. */
const WORTHWHILE_SHARE = 0.1;

/**
 * The number of messages, from the beginning of the window, that a summary can stand for: up to where a turn begins, before the
 * trigger of every unfinished run, with at least `keep` tokens left. 0 where there is no such place.
 */
export function cutPoint(state: GroupState, keep: number): number {
  const { window } = state;
  const tail = keep > 0 ? tailStart(window, keep) : window.length;
  for (let at = Math.min(tail, firstTrigger(state)); at > 0; at -= 1)
    if (at === window.length || beginsTurn(state, window[at]!)) return at;
  return 0;
}

/** The messages of the window up to a seq that are told and not withdrawn: what a summary is made from. */
export function sourceUpTo(state: GroupState, upTo: number): readonly WindowEntry[] {
  return state.window.filter(
    ({ seq, message, text }) =>
      seq <= upTo && text !== WITHDRAWN && state.briefingRules.get(message)?.rule !== "excluded",
  );
}

/** The seq up to which the window is to be summarised now; null while it is not time, or not worth it. */
export function dueUpTo(state: GroupState): number | null {
  if (!state.group || state.compaction) return null;
  const budget = budgetOf(state);
  if (toldTokens(state) <= budget.compact) return null;
  const { triedTokens, windowTokens } = state;
  if (triedTokens !== null && windowTokens < triedTokens + budget.retry) return null;
  const upTo = state.window[cutPoint(state, budget.keep) - 1]?.seq ?? 0;
  const replaced = sourceUpTo(state, upTo).reduce((sum, { tokens }) => sum + tokens, 0);
  return replaced >= budget.all * WORTHWHILE_SHARE ? upTo : null;
}
