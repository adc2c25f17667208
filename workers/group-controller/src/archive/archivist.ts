// The archivist of an open group: what lies in R2, what has to move there, and how all of it is read.
import type { GroupState } from "@acos/group";
import { SNAPSHOT_TAIL_EVENTS, type LogEvent } from "@acos/protocol";

import type { EventLog } from "../log/event-log.ts";
import { LedgerTable } from "../log/ledger-table.ts";
import { StateStore } from "../log/state-store.ts";
import type { ColdStore } from "./cold-store.ts";
import { Flusher } from "./flusher.ts";
import { History } from "./history.ts";
import { JobLog } from "./job-log.ts";
import { NoteStore } from "./notes.ts";
import { SegmentReader } from "./segment-reader.ts";
import type { SegmentTable } from "./segment-table.ts";
import { writeSnapshot } from "./snapshot.ts";

/** Events that come before messages have a failed flush tried again; the alarm tries by time. */
const EVENTS_BETWEEN_TRIES = 256;

export interface ArchivistRim {
  readonly storage: DurableObjectStorage;
  readonly store: ColdStore;
  readonly log: EventLog;
  readonly segments: SegmentTable;
  readonly filterOf: (events: readonly LogEvent[]) => Promise<Uint8Array<ArrayBuffer>>;
  readonly now: () => number;
  readonly state: () => GroupState;
  readonly saveState: () => void;
  /** Contract: the last seq that may move; what somebody still has to read from rows stays. */
  readonly mayMoveTo: () => number;
}

export class Archivist {
  readonly history: History;
  readonly segments: SegmentReader;
  readonly ledger: LedgerTable;
  readonly jobs: JobLog;
  readonly notes: NoteStore;
  readonly store: ColdStore;
  readonly #rim: ArchivistRim;
  readonly #fold: StateStore;
  readonly #flusher: Flusher;
  #work: Promise<void> = Promise.resolve();
  #underWay = 0;
  #flushing = false;
  /** The head from which on messages have events moved again, after a try that moved too few. */
  #tryAgainAt = 0;

  constructor(rim: ArchivistRim) {
    const { storage, store, log, segments, now } = rim;
    const { sql } = storage;
    this.#rim = rim;
    this.store = store;
    this.ledger = new LedgerTable(sql);
    this.notes = new NoteStore(sql);
    this.jobs = new JobLog(sql, now);
    this.segments = new SegmentReader(store, segments);
    this.history = new History(log, this.segments);
    this.#fold = new StateStore(sql, "fold_parts");
    this.#flusher = new Flusher({
      ...rim,
      ledger: this.ledger,
      notes: this.notes,
      fold: this.#fold,
      head: () => rim.state().head,
    });
  }

  /** Whether events have to move, and nobody is moving them. */
  isFlushDue(): boolean {
    return !this.#flushing && this.#flusher.isDue();
  }

  /** The same, and not tried in vain a moment ago: what asks with every message must not do the work of a try each time. */
  isFlushTimely(): boolean {
    return this.#rim.state().head >= this.#tryAgainAt && this.isFlushDue();
  }

  /** Moves what has to move. Rejects when cold storage fails; the events are still here then. */
  flush(): Promise<void> {
    this.#flushing = true;
    const flushing = this.#inTurn(async () => {
      const job = this.jobs.begin("flush", "segments", this.#rim.state().head);
      await this.#flusher.flush();
      this.jobs.end(job);
    });
    return flushing.finally(() => {
      this.#flushing = false;
      const isStillDue = this.#flusher.isDue();
      this.#tryAgainAt = isStillDue ? this.#rim.state().head + EVENTS_BETWEEN_TRIES : 0;
    });
  }

  /** Writes a snapshot of what is here now. Rejects when cold storage fails; the snapshots before it count then. */
  snapshot(): Promise<void> {
    return this.#inTurn(async () => {
      const job = this.jobs.begin("snapshot", "write");
      await this.#write();
      this.jobs.end(job);
    });
  }

  /** Moves all but a short tail and writes a snapshot: afterwards R2 has everything that is here. */
  freeze(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#flusher.flushAllBut(SNAPSHOT_TAIL_EVENTS);
      this.#rim.storage.transactionSync(() => this.#rim.saveState());
      await this.#write();
    });
  }

  /** Whether some piece of this work is under way. */
  get isWorking(): boolean {
    return this.#underWay > 0;
  }

  /** Resolves when what is under way now has come to its end. */
  rest(): Promise<void> {
    return this.#work;
  }

  /** Whether the newest snapshot has all that was appended. */
  isSnapshotDue(): boolean {
    return (this.notes.get("snapshot")?.head ?? 0) < this.#rim.state().head;
  }

  /** The state where the segments end. */
  foldedState(): GroupState {
    return new StateStore(this.#rim.storage.sql, "fold_parts").load();
  }

  async #write(): Promise<void> {
    const { storage, store, state } = this.#rim;
    await writeSnapshot(storage.sql, store, { notes: this.notes, head: state().head });
  }

  /** One piece of work at a time: two that move the same events would be one too many. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#underWay += 1;
    const done = this.#work.then(work).finally(() => {
      this.#underWay -= 1;
    });
    this.#work = done.catch(() => {
      // Whoever asked hears of it.
    });
    return done;
  }
}
