// The hot end of the log in the object's SQLite: appended in one transaction, read in pages by seq. What came before lies in
// segments; of it only withdrawals stay here, and late changes: edits of and reactions to messages of an earlier segment.
import { withoutLinesOf } from "@acos/group";
import type { GroupEvent, LogEvent } from "@acos/protocol";

/** A row as stored; `body` is the event's JSON, so that a replay sends it without parsing. */
export interface EventRow {
  readonly seq: number;
  readonly at: number;
  readonly body: string;
  readonly message: string | null;
}

type Row = { seq: number; at: number; body: string; message: string | null };

export class EventLog {
  readonly #sql: SqlStorage;
  readonly #cold: { readonly end: number };

  /** `cold.end` is the last seq that lies in segments. */
  constructor(sql: SqlStorage, cold: { readonly end: number }) {
    this.#sql = sql;
    this.#cold = cold;
  }

  /** The seq after which the log is here. */
  get start(): number {
    return this.#cold.end;
  }

  /** Writes events at their seqs and returns their rows. Call it inside the append's transaction only. */
  insert(events: readonly LogEvent[]): readonly EventRow[] {
    return events.map(({ seq, at, event }) => {
      const body = JSON.stringify(event);
      const message = messageOf(event);
      this.#sql.exec(
        "INSERT INTO events (seq, at, kind, run, message, body) VALUES (?, ?, ?, ?, ?, ?)",
        seq,
        at,
        event.kind,
        runOf(event),
        message,
        body,
      );
      return { seq, at, body, message };
    });
  }

  /** Takes away what a segment has taken over, all up to a seq but late changes. Call it inside a transaction. */
  dropUpTo(seq: number, late: readonly number[]): void {
    const kept = JSON.stringify(late);
    this.#sql.exec(
      "DELETE FROM events WHERE seq > ? AND seq <= ? AND seq NOT IN (SELECT value FROM json_each(?))",
      this.start,
      seq,
      kept,
    );
  }

  /** Late changes, in order. */
  late(): readonly EventRow[] {
    return this.#rows(
      "SELECT seq, at, body, message FROM events WHERE seq <= ? ORDER BY seq",
      this.start,
    );
  }

  /** Edits and withdrawals that are still in the hot end, in order. */
  changesHere(): readonly EventRow[] {
    return this.#rows(
      "SELECT seq, at, body, message FROM events WHERE seq > ? AND kind IN ('message-edited', 'message-redacted') ORDER BY seq",
      this.start,
    );
  }

  /** The events that speak of a tool call, as far as they are here, in order. */
  ofCall(call: string): readonly LogEvent[] {
    return this.#rows(
      "SELECT seq, at, body, message FROM events WHERE run IS NOT NULL AND json_extract(body, '$.call') = ? ORDER BY seq",
      call,
    ).map(toEvent);
  }

  /** Rows after a seq, in order; of what lies in segments it has none. */
  after(seq: number, limit: number): readonly EventRow[] {
    return this.#rows(
      "SELECT seq, at, body, message FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
      Math.max(seq, this.start),
      limit,
    );
  }

  /** Rows after a seq as readers get them: the log keeps what a withdrawn message said, and hands it to nobody. */
  servedAfter(seq: number, limit: number): readonly EventRow[] {
    const withdrawn = this.withdrawn();
    const isTouched = ({ message, body }: EventRow): boolean =>
      message === null ? body.includes(SUMMARY_MADE) : withdrawn.has(message);
    return this.after(seq, limit).map((row) =>
      withdrawn.size > 0 && isTouched(row)
        ? { ...row, body: JSON.stringify(withoutWithdrawn(toEvent(row), withdrawn).event) }
        : row,
    );
  }

  /** All messages that were withdrawn, however old, from an index of nothing else. */
  withdrawn(): ReadonlySet<string> {
    const rows = this.#sql.exec<{ message: string }>(
      "SELECT message FROM events WHERE kind = 'message-redacted'",
    );
    return new Set(rows.toArray().map(({ message }) => message));
  }

  /** Characters of the events after a seq. */
  sizeAfter(seq: number): number {
    const sum = this.#sql.exec<{ size: number | null }>(
      "SELECT sum(length(body)) AS size FROM events WHERE seq > ?",
      seq,
    );
    return sum.one().size ?? 0;
  }

  /** All events of a run that are here, in order. */
  ofRun(run: string): readonly LogEvent[] {
    return this.#rows(
      "SELECT seq, at, body, message FROM events WHERE run = ? ORDER BY seq",
      run,
    ).map(toEvent);
  }

  /** What happened to a message, as far as it is here: posted, edited, withdrawn, reacted to; in order. */
  ofMessage(message: string): readonly LogEvent[] {
    return this.#rows(
      "SELECT seq, at, body, message FROM events WHERE message = ? ORDER BY seq",
      message,
    ).map(toEvent);
  }

  /** Events of one kind before a seq that are here, newest first. */
  ofKindBefore(kind: GroupEvent["kind"], before: number, limit: number): readonly LogEvent[] {
    return this.#rows(
      "SELECT seq, at, body, message FROM events WHERE kind = ? AND seq < ? AND seq > ? ORDER BY seq DESC LIMIT ?",
      kind,
      before,
      this.start,
      limit,
    ).map(toEvent);
  }

  #rows(text: string, ...bindings: readonly (string | number)[]): readonly EventRow[] {
    return this.#sql.exec<Row>(text, ...bindings).toArray();
  }
}

/** Stands in the body of every summary. */
const SUMMARY_MADE = '"summary-made"';

/** An event without the words of messages that were withdrawn: its own, or those that lines of a summary rest on. */
export function withoutWithdrawn(placed: LogEvent, withdrawn: ReadonlySet<string>): LogEvent {
  const { event } = placed;
  if (event.kind === "summary-made") {
    const sections = withoutLinesOf(event.sections, (message) => withdrawn.has(message));
    return { ...placed, event: { ...event, sections } };
  }
  return "message" in event && event.message && withdrawn.has(event.message)
    ? withoutWords(placed)
    : placed;
}

/** An event without what its message said; others as they are. */
function withoutWords(placed: LogEvent): LogEvent {
  const { event } = placed;
  if (event.kind === "briefing-rule-set") return { ...placed, event: { ...event, text: "" } };
  if (!("parts" in event)) return placed;
  return { ...placed, event: { ...event, parts: [], mentions: [] } };
}

/** An event in its place, from its row. Rows are written by `insert` alone, so their form is not checked again. */
export function toEvent(row: EventRow): LogEvent {
  return { seq: row.seq, at: row.at, event: JSON.parse(row.body) as GroupEvent };
}

/** The frame that carries an event, one string for all sockets. */
export function eventFrame(row: EventRow): string {
  return `{"type":"event","seq":${row.seq},"at":${row.at},"event":${row.body}}`;
}

function runOf(event: GroupEvent): string | null {
  return "run" in event && event.run ? event.run : null;
}

function messageOf(event: GroupEvent): string | null {
  switch (event.kind) {
    case "message-posted":
    case "message-edited":
    case "message-redacted":
    case "reaction-set":
    case "briefing-rule-set":
      return event.message;
    default:
      return null;
  }
}
