// What readers ask of a group: pages of its log, its messages, its runs, and what an agent was told.
import { composeBriefing, EMPTY_STATE, viewRun } from "@acos/group";
import {
  problem,
  type Briefing,
  type LogEvent,
  type MessageView,
  type Page,
  type Result,
  type RunId,
  type RunView,
} from "@acos/protocol";

import { stateBefore } from "./hydrate.ts";
import { toEvent, type EventLog } from "./log/event-log.ts";
import { listMessages } from "./log/messages.ts";

export function readEvents(
  log: EventLog,
  { after, limit }: { after: number; limit: number },
): Page<LogEvent> {
  const items = log.servedAfter(after, limit).map(toEvent);
  return page(items, limit, (last) => String(last.seq));
}

export function readMessages(
  log: EventLog,
  { before = Number.MAX_SAFE_INTEGER, limit }: { before?: number; limit: number },
): Page<MessageView> {
  const items = listMessages(log, before, limit);
  return { items, nextCursor: items.length < limit ? null : String(items[0]!.seq) };
}

export function readRuns(
  log: EventLog,
  { before = Number.MAX_SAFE_INTEGER, limit }: { before?: number; limit: number },
): Page<RunView> {
  const queued = log.ofKindBefore("run-queued", before, limit);
  const items = queued.flatMap(({ event }) => {
    const view = event.kind === "run-queued" ? viewRun(log.ofRun(event.run)) : null;
    return view ? [view] : [];
  });
  const last = queued.at(-1);
  return { items, nextCursor: last && queued.length === limit ? String(last.seq) : null };
}

export function readRun(log: EventLog, run: RunId): Result<RunView> {
  const view = viewRun(log.ofRun(run));
  return view
    ? { ok: true, value: view }
    : { ok: false, problem: problem("not_found", "There is no such run in this group.") };
}

/** Composes again what an agent was told, from the log as it was when the turn began: the same bytes. */
export function readBriefing(log: EventLog, run: RunId, turn: number): Result<Briefing> {
  const started = log
    .ofRun(run)
    .findLast(({ event }) => event.kind === "turn-started" && event.turn === turn);
  const missing = problem("not_found", "There is no such turn in this run.");
  if (!started) return { ok: false, problem: missing };
  const state = stateBefore(log, EMPTY_STATE, started.seq + 1);
  const value = composeBriefing(state, run);
  return value ? { ok: true, value } : { ok: false, problem: missing };
}

function page<T>(items: readonly T[], limit: number, cursorOf: (last: T) => string): Page<T> {
  const last = items.at(-1);
  return { items, nextCursor: last && items.length === limit ? cursorOf(last) : null };
}
