// What is sent to have a summary made: the one before, and the messages that the next is to stand for as well.
import type { AgentPin, SummaryRequest } from "@acos/protocol";

import { budgetOf } from "../briefing/budget.ts";
import { toldMessage } from "../briefing/head.ts";
import type { GroupState } from "../state.ts";
import type { SummarySource } from "./check.ts";
import { sourceUpTo } from "./cut-point.ts";
import { linesIn } from "./render.ts";

/** The request for the summary that is being made; null where none is. */
export function composeSummaryRequest(state: GroupState): SummaryRequest | null {
  const { group, compaction, summary } = state;
  if (!group || !compaction) return null;
  return {
    summary: compaction.summary,
    group: group.id,
    org: group.org,
    at: compaction.askedAt,
    pin: compaction.pin,
    previous: linesIn(summary?.text ?? ""),
    messages: sourceUpTo(state, compaction.upTo).map(toldMessage),
    maxTokens: budgetOf(state).summary,
  };
}

/** What its answer is checked against. */
export function sourceOf(state: GroupState, upTo: number): SummarySource {
  return {
    messages: sourceUpTo(state, upTo),
    previous: state.summary,
    maxTokens: budgetOf(state).summary,
  };
}

/** The pin of the agent whose model makes summaries: of the one that ran last, else of the first by handle. */
export function summarizer({ members, lastRan }: GroupState): AgentPin | null {
  const last = lastRan ? members.get(lastRan) : undefined;
  if (last?.type === "agent") return last.pin;
  const agents = [...members.values()].filter((member) => member.type === "agent");
  return agents.toSorted((a, b) => (a.handle < b.handle ? -1 : 1))[0]?.pin ?? null;
}
