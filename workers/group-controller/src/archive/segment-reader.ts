// Reading segments: each is checked against its hash, and the last few stay in memory, since pages follow each other.
import type { ColdStore } from "./cold-store.ts";
import { decodeSegment, type Segment } from "./segment.ts";
import type { SegmentRow, SegmentTable } from "./segment-table.ts";

/** A segment is a few MB in memory; an object has 128. */
const KEPT_SEGMENTS = 3;
/** A filter is up to 40 kB, and a search asks every one. */
const KEPT_FILTERS = 300;

export class SegmentReader {
  readonly #store: ColdStore;
  readonly #table: SegmentTable;
  readonly #kept = new Map<string, Segment>();
  readonly #filters = new Map<string, Uint8Array<ArrayBuffer>>();

  constructor(store: ColdStore, table: SegmentTable) {
    this.#store = store;
    this.#table = table;
  }

  /** Oldest first. */
  get rows(): readonly SegmentRow[] {
    return this.#table.rows;
  }

  /** The segment that has a seq; null where it is still in the object. */
  rowOf(seq: number): SegmentRow | null {
    let [low, high] = [0, this.rows.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const row = this.rows[middle]!;
      if (seq < row.from) high = middle - 1;
      else if (seq > row.to) low = middle + 1;
      else return row;
    }
    return null;
  }

  /** Throws ProblemError `storage_damaged`. */
  async read(row: SegmentRow): Promise<Segment> {
    const kept = this.#kept.get(row.name);
    const segment = kept ?? (await decodeSegment(await this.#store.read(row.name)));
    keep(this.#kept, KEPT_SEGMENTS, [row.name, segment]);
    return segment;
  }

  /** The bytes of the filter of a segment's words. Throws ProblemError `storage_damaged`. */
  async filter(row: SegmentRow): Promise<Uint8Array<ArrayBuffer>> {
    const kept = this.#filters.get(row.filter);
    const filter = kept ?? (await this.#store.read(row.filter));
    keep(this.#filters, KEPT_FILTERS, [row.filter, filter]);
    return filter;
  }
}

/** Puts what was used last at the end, and lets the first go when there are too many. */
function keep<T>(all: Map<string, T>, most: number, [name, value]: readonly [string, T]): void {
  all.delete(name);
  all.set(name, value);
  const [oldest] = all.keys();
  if (all.size > most && oldest !== undefined) all.delete(oldest);
}
