// The whole log as readers meet it, across R2 and the object alike: pages of events, of messages, of runs, one message, one run.
import { viewRun } from "@acos/group";
import {
  timeIn,
  type GroupEventKind,
  type LogEvent,
  type MessageId,
  type MessageView,
  type RunId,
  type RunView,
  type ToolCallId,
} from "@acos/protocol";

import { toEvent, withoutWithdrawn, type EventLog } from "../log/event-log.ts";
import { viewMessage } from "../log/messages.ts";
import type { SegmentReader } from "./segment-reader.ts";
import type { SegmentRow } from "./segment-table.ts";

/** Segments that are looked through for an id from its time on: longer is nothing under way. */
const LOOKED_SEGMENTS = 16;

export class History {
  readonly #log: EventLog;
  readonly #segments: SegmentReader;

  constructor(log: EventLog, segments: SegmentReader) {
    this.#log = log;
    this.#segments = segments;
  }

  /** Events after a seq as readers get them: without the words of withdrawn messages. Throws ProblemError for a damaged part. */
  async served(after: number, limit: number): Promise<readonly LogEvent[]> {
    const events: LogEvent[] = [];
    let last = after;
    // Asked anew each time: while one is read, more may move.
    while (events.length < limit && last < this.#log.start) {
      const row = this.#segments.rowOf(last + 1)!;
      for (const event of await this.#servedIn(row))
        if (event.seq > last && events.length < limit) events.push(event);
      last = events.at(-1)?.seq ?? row.to;
    }
    const left = limit - events.length;
    return left > 0 ? [...events, ...this.#log.servedAfter(last, left).map(toEvent)] : events;
  }

  /** All messages that were withdrawn. */
  withdrawn(): ReadonlySet<string> {
    return this.#log.withdrawn();
  }

  async #servedIn(row: SegmentRow): Promise<readonly LogEvent[]> {
    const { events } = await this.#segments.read(row);
    const withdrawn = this.#log.withdrawn();
    return withdrawn.size === 0
      ? events
      : events.map((placed) => withoutWithdrawn(placed, withdrawn));
  }

  /** Events of one kind before a seq, newest first. */
  async ofKindBefore(
    kind: CountedKind,
    before: number,
    limit: number,
  ): Promise<readonly LogEvent[]> {
    const found = [...this.#log.ofKindBefore(kind, before, limit)];
    for (const row of this.#segments.rows.toReversed()) {
      if (found.length >= limit) break;
      if (row.from >= before || row[COUNTS[kind]] === 0) continue;
      const { events } = await this.#segments.read(row);
      const here = events.filter(({ seq, event }) => seq < before && event.kind === kind);
      found.push(...here.toReversed());
    }
    return found.slice(0, limit);
  }

  /** Messages before a seq: the newest ones, in seq order, with all that happened to them since. */
  async messagesBefore(before: number, limit: number): Promise<readonly MessageView[]> {
    const posted = await this.ofKindBefore("message-posted", before, limit);
    const views = await Promise.all(posted.toReversed().map((each) => this.#viewOf(each)));
    return views.flatMap((view) => view ?? []);
  }

  /** A message, however old; null when the group has none of that id. */
  async message(id: MessageId): Promise<MessageView | null> {
    const posted = await this.#posted(id);
    return posted && this.#viewOf(posted);
  }

  async #viewOf(posted: LogEvent): Promise<MessageView | null> {
    const { message } = posted.event as { message: MessageId };
    const here = this.#log.ofMessage(message);
    const row = this.#segments.rowOf(posted.seq);
    if (!row) return viewMessage(here);
    const { events } = await this.#segments.read(row);
    const old = events.filter(({ event }) => "message" in event && event.message === message);
    const all = new Map([...old, ...here].map((each) => [each.seq, each]));
    return viewMessage([...all.values()].toSorted((a, b) => a.seq - b.seq));
  }

  async #posted(id: MessageId): Promise<LogEvent | null> {
    const isPost = ({ event }: LogEvent): boolean =>
      event.kind === "message-posted" && event.message === id;
    const here = this.#log.ofMessage(id).find(isPost);
    if (here) return here;
    for (const row of this.#from(id)) {
      const found = (await this.#segments.read(row)).events.find(isPost);
      if (found) return found;
    }
    return null;
  }

  /** All events of a run, in order; none when there never was one of that id. */
  async ofRun(run: RunId): Promise<readonly LogEvent[]> {
    const here = this.#log.ofRun(run);
    if (here[0]?.event.kind === "run-queued") return here;
    const old: LogEvent[] = [];
    for (const row of this.#from(run)) {
      const { events } = await this.#segments.read(row);
      old.push(...events.filter(({ event }) => "run" in event && event.run === run));
      const isOver = old.at(-1)?.event.kind === "run-ended";
      if (isOver || (old.length === 0 && row.fromAt > timeIn(run))) break;
    }
    return [...old, ...here];
  }

  /** The events that speak of a tool call, in order; none when there never was one of that id. */
  async aroundCall(call: ToolCallId): Promise<readonly LogEvent[]> {
    const here = this.#log.ofCall(call);
    const old: LogEvent[] = [];
    for (const row of this.#from(call)) {
      if (old.length === 0 && row.fromAt > timeIn(call)) break;
      const { events } = await this.#segments.read(row);
      old.push(...events.filter(({ event }) => "call" in event && event.call === call));
      if (old.at(-1)?.event.kind === "tool-result-received") break;
    }
    return [...old, ...here];
  }

  async run(run: RunId): Promise<RunView | null> {
    return viewRun(await this.ofRun(run));
  }

  /** Segments from the one on that an id was made in, as far as one looks. */
  #from(id: RunId | MessageId | ToolCallId): readonly SegmentRow[] {
    const at = timeIn(id);
    const { rows } = this.#segments;
    const first = rows.findIndex(({ toAt }) => toAt >= at);
    return first < 0 ? [] : rows.slice(first, first + LOOKED_SEGMENTS);
  }
}

/** Kinds whose number is noted of every segment, so that those without are not read. */
const COUNTS = {
  "message-posted": "messages",
  "run-queued": "runs",
  "summary-made": "summaries",
} as const satisfies Partial<Record<GroupEventKind, keyof SegmentRow>>;
export type CountedKind = keyof typeof COUNTS;
