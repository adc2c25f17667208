// The log in the object's SQLite: appended in one transaction, read in pages by seq.
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
  constructor(sql: SqlStorage) {
    this.#sql = sql;
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

  /** Rows after a seq, in order. */
  after(seq: number, limit: number): readonly EventRow[] {
    return this.#rows(
      "SELECT seq, at, body, message FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
      seq,
      limit,
    );
  }

  /** Rows after a seq as readers get them: the log keeps what a withdrawn message said, and hands it to nobody. */
  servedAfter(seq: number, limit: number): readonly EventRow[] {
    const withdrawn = this.#withdrawn();
    return this.after(seq, limit).map((row) =>
      row.message !== null && withdrawn.has(row.message) ? withoutText(row) : row,
    );
  }

  /** Messages that were withdrawn, from an index of nothing else. */
  #withdrawn(): ReadonlySet<string> {
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

  /** All events of a run, in order. */
  ofRun(run: string): readonly LogEvent[] {
    return this.#rows(
      "SELECT seq, at, body, message FROM events WHERE run = ? ORDER BY seq",
      run,
    ).map(toEvent);
  }

  /** What happened to a message: posted, edited, withdrawn, reacted to; in order. */
  ofMessage(message: string): readonly LogEvent[] {
    return this.#rows(
      "SELECT seq, at, body, message FROM events WHERE message = ? ORDER BY seq",
      message,
    ).map(toEvent);
  }

  /** Events of one kind before a seq, newest first. */
  ofKindBefore(kind: GroupEvent["kind"], before: number, limit: number): readonly LogEvent[] {
    return this.#rows(
      "SELECT seq, at, body, message FROM events WHERE kind = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
      kind,
      before,
      limit,
    ).map(toEvent);
  }

  #rows(text: string, ...bindings: readonly (string | number)[]): readonly EventRow[] {
    return this.#sql.exec<Row>(text, ...bindings).toArray();
  }
}

function withoutText(row: EventRow): EventRow {
  const { event } = toEvent(row);
  if (!("parts" in event)) return row;
  return { ...row, body: JSON.stringify({ ...event, parts: [], mentions: [] }) };
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
      return event.message;
    default:
      return null;
  }
}
