// What a group remembers: its own log as a search reads it, and the tools that look things up in it for agents.
import { memberOf, type GroupState } from "@acos/group";
import {
  problem,
  ProblemError,
  SEARCH_HITS_MAX,
  textOf,
  type LogEvent,
  type MemberId,
  type MessageId,
  type Page,
  type SearchHit,
  type ToolCallId,
  type ToolResult,
} from "@acos/protocol";

import type { Archivist } from "./archive/archivist.ts";
import type { SegmentRow } from "./archive/segment-table.ts";
import { toEvent, type EventLog } from "./log/event-log.ts";
import {
  answerReadMessage,
  type ReadFound,
  type ReadReference,
} from "./recall/answer-read-message.ts";
import { answerRecall } from "./recall/answer-recall.ts";
import { filterOf } from "./recall/message-text.ts";
import { search } from "./recall/search.ts";
import type {
  AuthorName,
  ChangedMessage,
  SearchAnswer,
  SearchPage,
} from "./recall/search-source.ts";
import { TermFilter } from "./recall/term-filter.ts";
import type { GroupCall } from "./runs/run-driver.ts";

/** What is searched and looked up in: an open group is one. */
export interface Remembered {
  readonly log: EventLog;
  readonly archivist: Archivist;
  readonly path: { readonly state: GroupState };
}

/** Late edits that one search looks up, the newest. What was edited before these is not found, rather than by old words. */
const EDITS_MAX = 500;

/** The bytes of a filter over a segment's messages. */
export async function filterBytes(events: readonly LogEvent[]): Promise<Uint8Array<ArrayBuffer>> {
  return Uint8Array.from((await filterOf(events)).toBytes());
}

/** A page of what was found. Throws ProblemError where R2 is damaged, and for a page past the last. */
export async function searchGroup(group: Remembered, page: SearchPage): Promise<Page<SearchHit>> {
  if (page.cursor >= SEARCH_HITS_MAX)
    throw new ProblemError(
      problem(
        "invalid_request",
        `A search answers with ${SEARCH_HITS_MAX} messages at most: use rarer words.`,
      ),
    );
  const { hits, nextCursor } = await searchLog(group, page);
  return { items: hits, nextCursor };
}

/** Answers a call of the group's own tools. Never rejects for what the log holds. */
export function answerFromLog(group: Remembered, call: GroupCall): Promise<ToolResult> {
  const author = (member: MemberId): AuthorName => authorOf(group, member);
  if (call.tool === "recall")
    return answerRecall(call.arguments, { search: (page) => searchLog(group, page), author });
  return answerReadMessage(call.arguments, { find: (reference) => find(group, reference) });
}

async function searchLog(group: Remembered, page: SearchPage): Promise<SearchAnswer> {
  const changed = await lateChanges(group);
  const { log, archivist } = group;
  // From here on all of one moment: what moves while the search reads, it still finds under the names of now.
  const rows = new Map(archivist.segments.rows.map((row) => [row.name, row]));
  const hot = log.after(log.start, Number.MAX_SAFE_INTEGER).map(toEvent);
  const rowOf = (id: string): SegmentRow => rows.get(id)!;
  return search(
    {
      segments: () => [...rows.values()].map(({ name, from, to }) => ({ id: name, from, to })),
      filter: async ({ id }) => TermFilter.parse(await archivist.segments.filter(rowOf(id))),
      events: async ({ id }) => (await archivist.segments.read(rowOf(id))).events,
      hot: () => hot,
      changed: () => changed,
      author: (member) => authorOf(group, member),
    },
    page,
  );
}

/** Messages of segments that were edited or withdrawn after their segment. */
async function lateChanges({
  log,
  archivist,
}: Remembered): Promise<ReadonlyMap<MessageId, ChangedMessage>> {
  const withdrawn = log.withdrawn() as ReadonlySet<MessageId>;
  const changes = [...log.late(), ...log.changesHere()].map(toEvent);
  const edits = changes.flatMap(({ event }) =>
    event.kind === "message-edited" && !withdrawn.has(event.message) ? event.message : [],
  );
  const edited = [...new Set(edits)].filter(
    (id) => log.ofMessage(id)[0]?.event.kind !== "message-posted",
  );
  const found = new Map<MessageId, ChangedMessage>();
  for (const id of [...withdrawn, ...edited.slice(0, -EDITS_MAX)]) found.set(id, null);
  for (const id of edited.slice(-EDITS_MAX)) {
    const view = await archivist.history.message(id);
    if (view) found.set(id, { seq: view.seq, at: view.at, by: view.by, text: textOf(view.parts) });
  }
  return found;
}

async function find(group: Remembered, reference: ReadReference): Promise<ReadFound | null> {
  if (reference.kind === "call") return findResult(group, reference.call);
  const { history } = group.archivist;
  const id = reference.kind === "seq" ? await messageAt(group, reference.seq) : reference.message;
  const view = id && (await history.message(id));
  if (!view) return null;
  const { seq, at, by, parts } = view;
  const text = view.redactedAt === undefined ? textOf(parts) : null;
  return { kind: "message", seq, at, author: authorOf(group, by), text };
}

async function messageAt(group: Remembered, seq: number): Promise<MessageId | null> {
  const [found] = await group.archivist.history.served(seq - 1, 1);
  return found?.seq === seq && found.event.kind === "message-posted" ? found.event.message : null;
}

async function findResult(group: Remembered, call: ToolCallId): Promise<ReadFound | null> {
  const events = await group.archivist.history.aroundCall(call);
  const made = events.find(({ event }) => event.kind === "tool-call-made" && event.call === call);
  const done = events.find(
    ({ event }) => event.kind === "tool-result-received" && event.call === call,
  );
  if (made?.event.kind !== "tool-call-made" || done?.event.kind !== "tool-result-received")
    return null;
  const { result } = done.event;
  return { kind: "result", seq: done.seq, at: done.at, tool: made.event.tool, ...result };
}

function authorOf({ path }: Remembered, id: MemberId): AuthorName {
  const member = memberOf(path.state, id);
  return { name: member?.name ?? "someone", handle: member?.handle ?? id };
}
