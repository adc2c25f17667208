// What readers ask of a group: pages of its log, its messages, its runs, its summaries and its jobs, however old.
import { viewSummary } from "@acos/group";
import {
  problem,
  type JobView,
  type LogEvent,
  type MessageId,
  type MessageView,
  type Page,
  type Result,
  type RunId,
  type RunView,
  type SummaryView,
} from "@acos/protocol";

import type { Archivist } from "./archive/archivist.ts";
import type { CountedKind } from "./archive/history.ts";

interface Backwards {
  readonly before?: number;
  readonly limit: number;
}

export async function readEvents(
  { history }: Archivist,
  { after, limit }: { after: number; limit: number },
): Promise<Page<LogEvent>> {
  const items = await history.served(after, limit);
  const last = items.at(-1);
  return { items, nextCursor: last && items.length === limit ? String(last.seq) : null };
}

export async function readMessages(
  { history }: Archivist,
  { before = Number.MAX_SAFE_INTEGER, limit }: Backwards,
): Promise<Page<MessageView>> {
  const items = await history.messagesBefore(before, limit);
  return { items, nextCursor: items.length < limit ? null : String(items[0]!.seq) };
}

export async function readMessage(
  { history }: Archivist,
  message: MessageId,
): Promise<Result<MessageView>> {
  const value = await history.message(message);
  const missing = problem("not_found", "There is no such message in this group.");
  return value ? { ok: true, value } : { ok: false, problem: missing };
}

export async function readRuns(archivist: Archivist, page: Backwards): Promise<Page<RunView>> {
  const { events, nextCursor } = await newestFirst(archivist, "run-queued", page);
  const runs = events.flatMap(({ event }) => (event.kind === "run-queued" ? event.run : []));
  const views = await Promise.all(runs.map((run) => archivist.history.run(run)));
  return { items: views.flatMap((view) => view ?? []), nextCursor };
}

export async function readRun({ history }: Archivist, run: RunId): Promise<Result<RunView>> {
  const value = await history.run(run);
  const missing = problem("not_found", "There is no such run in this group.");
  return value ? { ok: true, value } : { ok: false, problem: missing };
}

export async function readSummaries(
  archivist: Archivist,
  page: Backwards,
): Promise<Page<SummaryView>> {
  const { events, nextCursor } = await newestFirst(archivist, "summary-made", page);
  // A line that rests on a withdrawn message has words of it.
  const withdrawn = archivist.history.withdrawn();
  const view = (placed: LogEvent) => viewSummary(placed, (message) => withdrawn.has(message));
  return { items: events.flatMap((placed) => view(placed) ?? []), nextCursor };
}

/** Jobs have no seq: `before` is how many were listed already. */
export function readJobs(
  { jobs }: Pick<Archivist, "jobs">,
  { before = 0, limit }: Backwards,
): Page<JobView> {
  const items = jobs.list({ before, limit });
  return { items, nextCursor: items.length === limit ? String(before + limit) : null };
}

async function newestFirst(
  { history }: Archivist,
  kind: CountedKind,
  { before = Number.MAX_SAFE_INTEGER, limit }: Backwards,
): Promise<{ events: readonly LogEvent[]; nextCursor: string | null }> {
  const events = await history.ofKindBefore(kind, before, limit);
  const last = events.at(-1);
  return { events, nextCursor: last && events.length === limit ? String(last.seq) : null };
}
