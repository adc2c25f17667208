// Moves the oldest events of the object to R2, a segment at a time:
//
//   rows ─▶ segment and filter kept, read back ─▶ one transaction: table row in, event rows out, fold moved on
//
// A crash before the transaction leaves bytes that the next try finds again; one after it, nothing undone.
import { evolve, type GroupState } from "@acos/group";
import {
  HOT_EVENTS,
  HOT_MAX_EVENTS,
  ProblemError,
  SEGMENT_MAX_BYTES,
  SEGMENT_MAX_EVENTS,
  type LogEvent,
} from "@acos/protocol";

import { inSlices } from "../in-slices.ts";
import { toEvent, type EventLog, type EventRow } from "../log/event-log.ts";
import type { LedgerTable } from "../log/ledger-table.ts";
import type { StateStore } from "../log/state-store.ts";
import type { ColdStore } from "./cold-store.ts";
import type { NoteStore } from "./notes.ts";
import { decodeSegment, encodeSegment, type Segment } from "./segment.ts";
import { describe, type SegmentRow, type SegmentTable } from "./segment-table.ts";

/** Commands whose answer is remembered although their events have moved. */
const COMMANDS_KEPT_EVENTS = 20_000;

export interface FlushRim {
  readonly storage: Pick<DurableObjectStorage, "transactionSync" | "sql">;
  readonly store: ColdStore;
  readonly log: EventLog;
  readonly ledger: LedgerTable;
  readonly segments: SegmentTable;
  readonly notes: NoteStore;
  /** The state where the segments end. */
  readonly fold: StateStore;
  /** Contract: the bytes of a filter over all that can be searched in these events. */
  readonly filterOf: (events: readonly LogEvent[]) => Promise<Uint8Array<ArrayBuffer>>;
  /** The live head, and the last seq that may move: what somebody still has to read from rows stays. */
  readonly head: () => number;
  readonly mayMoveTo: () => number;
  /** Contract: saves the live state, inside the transaction that is open. */
  readonly saveState: () => void;
}

/** A segment that is taken up into the next one. */
interface Small {
  readonly row: SegmentRow;
  readonly segment: Segment;
}

interface Moved {
  readonly row: SegmentRow;
  /** The state behind the segment's last event. */
  readonly after: GroupState;
  readonly small: Small | null;
}

export class Flusher {
  readonly #rim: FlushRim;

  constructor(rim: FlushRim) {
    this.#rim = rim;
  }

  /** Whether enough has come together for a segment to move. */
  isDue(): boolean {
    return this.#rim.head() - this.#rim.log.start > HOT_MAX_EVENTS;
  }

  /** Moves whole segments until the object holds no more than it should, or what is left may not move yet. */
  async flush(): Promise<void> {
    while (this.isDue()) {
      if (!(await this.#move(this.#rim.head() - HOT_EVENTS, "whole"))) return;
    }
  }

  /** Moves all but the newest `keep` events, also where that makes a small segment. */
  async flushAllBut(keep: number): Promise<void> {
    for (;;) {
      const to = this.#rim.head() - keep;
      if (to <= this.#rim.log.start) return;
      if (!(await this.#move(to, "any"))) return;
    }
  }

  /** Moves one segment that ends at `upTo` or before, into the last one's place where that is small; false when none may. */
  async #move(upTo: number, size: "whole" | "any"): Promise<boolean> {
    const { log, mayMoveTo } = this.#rim;
    const small = await this.#smallLast();
    const room = SEGMENT_MAX_EVENTS - (small ? sizeOf(small.row) : 0);
    const count = Math.min(upTo, mayMoveTo(), log.start + room) - log.start;
    const rows = withinBytes(log.after(log.start, Math.max(0, count)));
    // A stretch that is full of bytes is as whole as one that is full of events.
    const isWhole = rows.length === room || rows.length < count;
    if (rows.length === 0 || (size === "whole" && !isWhole)) return false;
    const left = this.#rim.notes.get("writing");
    const segment = this.#segmentOf(rows, small);
    const row = await this.#keep(segment, rows);
    const after = await foldOver(segment);
    this.#commit(segment, { row, after, small });
    if (left) await this.#sweep(left, row);
    return true;
  }

  /** Deletes what a try that was cut short had written, where this one made something else of it. */
  async #sweep(stems: readonly string[], row: SegmentRow): Promise<void> {
    const { store } = this.#rim;
    const names = (await Promise.all(stems.map((stem) => store.names(stem)))).flat();
    await store.drop(names.filter((name) => name !== row.name && name !== row.filter));
  }

  /** The last segment, where it is small enough to be taken up into the next, and whole. */
  async #smallLast(): Promise<Small | null> {
    const { segments, store } = this.#rim;
    const row = segments.rows.at(-1);
    const isSmall =
      row && sizeOf(row) < SEGMENT_MAX_EVENTS / 2 && row.bytes < SEGMENT_MAX_BYTES / 2;
    if (!isSmall) return null;
    try {
      return { row, segment: await decodeSegment(await store.read(row.name)) };
    } catch (error) {
      // A damaged one stays as it is: what comes after it must not be held up by it.
      if (error instanceof ProblemError && error.problem.code === "storage_damaged") return null;
      throw error;
    }
  }

  #segmentOf(rows: readonly EventRow[], small: Small | null): Segment {
    const events = rows.map(toEvent);
    const ledger = this.#rim.ledger.upTo(events.at(-1)!.seq);
    const before = this.#rim.fold.load();
    if (!small) return { before, events, ledger };
    const old = small.segment;
    return {
      before: old.before,
      events: [...old.events, ...events],
      ledger: [...old.ledger, ...ledger],
    };
  }

  async #keep(segment: Segment, rows: readonly EventRow[]): Promise<SegmentRow> {
    const { store, notes, filterOf } = this.#rim;
    const about = describe(segment.events);
    const stem = `${padded(about.from)}-${padded(about.to)}`;
    notes.set("writing", [`segments/${stem}`, `filters/${stem}`]);
    const name = await store.keep(`segments/${stem}`, await encodeSegment(segment));
    const filter = await store.keep(`filters/${stem}`, await filterOf(segment.events));
    const fresh = rows.reduce((sum, { body }) => sum + body.length, 0);
    return { ...about, bytes: fresh, name, filter };
  }

  #commit(segment: Segment, { row, after, small }: Moved): void {
    const { storage, log, ledger, segments, fold, notes, saveState } = this.#rim;
    storage.transactionSync(() => {
      log.dropUpTo(row.to, lateIn(segment.events));
      ledger.dropUpTo(row.to);
      segments.put({ ...row, bytes: row.bytes + (small?.row.bytes ?? 0) });
      fold.save(after);
      saveState();
      storage.sql.exec("DELETE FROM commands WHERE seq <= ?", row.to - COMMANDS_KEPT_EVENTS);
      if (small) retire(notes, [small.row.name, small.row.filter]);
      notes.drop("writing");
    });
  }
}

async function foldOver({ before, events }: Segment): Promise<GroupState> {
  let state = before;
  await inSlices(events, (event) => {
    state = evolve(state, event);
  });
  return state;
}

/** Notes names that no table row uses any more. */
function retire(notes: NoteStore, names: readonly string[]): void {
  const { generation } = notes.get("snapshot") ?? { generation: 0 };
  const retired = notes.get("retired") ?? [];
  notes.set("retired", [...retired, ...names.map((name) => ({ name, generation }))]);
}

/** Withdrawals, which every reader asks for, and changes to messages that were posted before the first of these events. */
function lateIn(events: readonly LogEvent[]): readonly number[] {
  const posted = new Set<string>();
  const late: number[] = [];
  for (const { seq, event } of events) {
    if (event.kind === "message-posted") posted.add(event.message);
    else if (event.kind === "message-redacted") late.push(seq);
    else if (isChange(event) && !posted.has(event.message)) late.push(seq);
  }
  return late;
}

type Change = Extract<LogEvent["event"], { kind: "message-edited" | "reaction-set" }>;

function isChange(event: LogEvent["event"]): event is Change {
  return event.kind === "message-edited" || event.kind === "reaction-set";
}

/** As many rows from the first on as a segment may have bytes; at least one. */
function withinBytes(rows: readonly EventRow[]): readonly EventRow[] {
  let bytes = 0;
  const past = rows.findIndex(({ body }) => (bytes += body.length) > SEGMENT_MAX_BYTES);
  return past < 0 ? rows : rows.slice(0, Math.max(1, past));
}

/** A seq as names have it, so that they sort in order. */
export function padded(seq: number): string {
  return String(seq).padStart(12, "0");
}

function sizeOf({ from, to }: SegmentRow): number {
  return to - from + 1;
}
