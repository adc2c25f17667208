// Which stretches of the log lie in R2: a row a segment, in order, without a hole from seq 1 to where the object's rows begin.
import type { GroupEventKind, LogEvent } from "@acos/protocol";

export interface SegmentRow {
  readonly from: number;
  readonly to: number;
  /** Times of its first and last event, milliseconds since the epoch. */
  readonly fromAt: number;
  readonly toAt: number;
  /** How many messages were posted, runs queued and summaries made in it: what has none need not be read. */
  readonly messages: number;
  readonly runs: number;
  readonly summaries: number;
  /** Before compression. */
  readonly bytes: number;
  /** Names in R2 of its events, and of the filter of its words. */
  readonly name: string;
  readonly filter: string;
}

const COLUMNS =
  'from_seq AS "from", to_seq AS "to", from_at AS fromAt, to_at AS toAt, messages, runs, summaries, bytes, name, filter';

export class SegmentTable {
  readonly #sql: SqlStorage;
  #rows: readonly SegmentRow[];

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    const query = `SELECT ${COLUMNS} FROM segments ORDER BY from_seq`;
    this.#rows = sql
      .exec<Record<string, SqlStorageValue>>(query)
      .toArray() as unknown as SegmentRow[];
  }

  /** Oldest first. */
  get rows(): readonly SegmentRow[] {
    return this.#rows;
  }

  /** The last seq that lies in R2; 0 when nothing does. */
  get end(): number {
    return this.#rows.at(-1)?.to ?? 0;
  }

  /** Adds a segment behind the last; one that begins where the last began takes its place. Call it inside a transaction. */
  put(row: SegmentRow): void {
    const { from, to, fromAt, toAt, messages, runs, summaries, bytes, name, filter } = row;
    this.#sql.exec(
      "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      from,
      to,
      fromAt,
      toAt,
      messages,
      runs,
      summaries,
      bytes,
      name,
      filter,
    );
    this.#rows = [...this.#rows.filter((each) => each.from !== from), row];
  }
}

/** What a row says of a segment's events. */
export function describe(
  events: readonly LogEvent[],
): Omit<SegmentRow, "bytes" | "name" | "filter"> {
  const [first, last] = [events[0]!, events.at(-1)!];
  const count = (kind: GroupEventKind): number =>
    events.filter(({ event }) => event.kind === kind).length;
  return {
    from: first.seq,
    to: last.seq,
    fromAt: first.at,
    toAt: last.at,
    messages: count("message-posted"),
    runs: count("run-queued"),
    summaries: count("summary-made"),
  };
}
