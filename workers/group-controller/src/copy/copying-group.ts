// A group that is being copied: an object that takes in another group's log, folds it, and moves it on to R2 as it grows.
import { decide, evolve, type GroupState } from "@acos/group";
import {
  policySchema,
  problem,
  ProblemError,
  type GroupView,
  type LogEvent,
  type UserId,
} from "@acos/protocol";

import { Archivist } from "../archive/archivist.ts";
import type { ColdStore } from "../archive/cold-store.ts";
import type { Notes } from "../archive/notes.ts";
import { SegmentTable } from "../archive/segment-table.ts";
import { UntoldNews } from "../audit/untold-news.ts";
import { hydrate } from "../hydrate.ts";
import { EventLog } from "../log/event-log.ts";
import { StateStore } from "../log/state-store.ts";
import { randomSeed } from "../random-seed.ts";
import { filterBytes } from "../remembering.ts";
import { copiesOf, takeWorkspaces } from "../sandboxes/copied-workspaces.ts";
import { stepCopy, type CopyOutcome } from "./copy-job.ts";

export const GIVEN_UP = problem("gone", "This copy was given up.");

export interface CopyingRim {
  readonly storage: DurableObjectStorage;
  readonly store: ColdStore;
  readonly now: () => number;
  /** Cold storage of a fork's origin; null for an import, whose workspaces stay where they are. */
  readonly origin: ColdStore | null;
  /** Contract: events of the origin after a seq; rejects with ProblemError where it refuses or is damaged. */
  readonly page: (after: number) => Promise<readonly LogEvent[]>;
}

export class CopyingGroup {
  readonly archivist: Archivist;
  readonly #rim: CopyingRim;
  readonly #note: Notes["copy"];
  readonly #log: EventLog;
  readonly #states: StateStore;
  #state: GroupState;
  #isGivenUp = false;

  /** The tables must be there, and the copy noted in them. */
  constructor(rim: CopyingRim, note: Notes["copy"]) {
    const { storage, store, now } = rim;
    this.#rim = rim;
    this.#note = note;
    const segments = new SegmentTable(storage.sql);
    this.#log = new EventLog(storage.sql, segments);
    this.#states = new StateStore(storage.sql);
    this.#state = hydrate(this.#states, this.#log);
    this.archivist = new Archivist({
      storage,
      store,
      log: this.#log,
      segments,
      filterOf: filterBytes,
      now,
      state: () => this.#state,
      saveState: () => this.#states.save(this.#state),
      mayMoveTo: () => Infinity,
    });
  }

  /** Who asked for the copy, and alone sees it until it is a group. */
  get creator(): UserId {
    return this.#note.copy.creator.user;
  }

  /** What its creator sees of it until it is a group of its own. */
  view(): GroupView {
    const { copy } = this.#note;
    const { group, org, name } = copy;
    return {
      id: group,
      org,
      name,
      policy: policySchema.parse({}),
      head: this.#state.head,
      createdAt: new Date(this.#rim.now()).toISOString(),
      members: [],
      runs: [],
      approvals: [],
      briefingRules: [],
      summary: null,
      sandboxes: [],
      state: "copying",
    };
  }

  /** From now on it takes nothing in and becomes no group: a step under way fails with the next that it does. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Goes on for some seconds. Whatever the outcome, nothing that was taken in is lost. Contract: one at a time. */
  step(): Promise<CopyOutcome> {
    const { now, page } = this.#rim;
    const { upTo, job } = this.#note;
    const port = {
      head: () => this.#state.head,
      page: async (after: number) => {
        this.#mayGoOn();
        if (this.archivist.isFlushDue()) await this.archivist.flush();
        return page(after);
      },
      prepare: () => this.#prepare(),
      take: (events: readonly LogEvent[]) => this.#take(events),
      finish: () => this.#finish(),
      progress: (done: number) => this.archivist.jobs.step(job, "events", done),
      now,
    };
    return stepCopy(port, upTo);
  }

  /** Throws ProblemError where the copy was given up. */
  #mayGoOn(): void {
    if (this.#isGivenUp) throw new ProblemError(GIVEN_UP);
  }

  #take(events: readonly LogEvent[]): void {
    this.#mayGoOn();
    const state = foldForeign(this.#state, events);
    this.#append(events, state);
  }

  #append(events: readonly LogEvent[], state: GroupState): void {
    this.#rim.storage.transactionSync(() => {
      this.#log.insert(events);
      this.#states.saveWhenDue(state);
    });
    this.#state = state;
  }

  /** A fork takes the newest snapshots of its origin's workspaces along; where they will be is noted before they come. */
  async #prepare(): Promise<void> {
    this.#mayGoOn();
    const { origin, store, now } = this.#rim;
    if (!origin) return;
    const { notes } = this.archivist;
    const note = notes.get("copy") ?? this.#note;
    const wanted = note.sandboxes ?? copiesOf(this.#state, now());
    notes.set("copy", { ...note, sandboxes: wanted });
    const come = await takeWorkspaces(this.#state, { origin, store, wanted });
    notes.set("copy", { ...note, sandboxes: come });
  }

  /** Makes it a group of its own, in one transaction: the last fact, and the end of the job. */
  #finish(): void {
    this.#mayGoOn();
    const { copy, upTo, job } = this.#note;
    const { storage, now } = this.#rim;
    const from = { group: this.#state.group!.id, name: this.#state.group!.name, seq: upTo };
    const decision = decide(
      this.#state,
      {
        kind: "copy",
        how: copy.from.how,
        from,
        group: copy.group,
        org: copy.org,
        name: copy.name,
        creator: copy.creator,
        agents: copy.from.how === "import" ? copy.from.agents : null,
        sandboxes: this.archivist.notes.get("copy")?.sandboxes ?? [],
      },
      { at: now(), seed: randomSeed() },
    );
    if (!decision.ok) throw new ProblemError(decision.problem);
    storage.transactionSync(() => {
      this.#append(decision.events, decision.state);
      // What happened in the origin is news of the origin's org, and was told there.
      const { history } = this.archivist;
      new UntoldNews(storage.sql, this.#log, (run) => history.ofRun(run)).settle(upTo);
      this.archivist.notes.drop("copy");
      this.archivist.notes.set("copied", copy.group);
      this.archivist.notes.drop("bundle");
      this.archivist.jobs.end(job);
    });
  }
}

/** Folds events that others wrote. Throws ProblemError for a log that has no group, or that no group can have written. */
function foldForeign(state: GroupState, events: readonly LogEvent[]): GroupState {
  try {
    return events.reduce(evolve, state);
  } catch (error) {
    const why = error instanceof Error ? error.message : "it cannot be folded";
    throw new ProblemError(problem("invalid_request", `This log is no group's: ${why}.`));
  }
}
