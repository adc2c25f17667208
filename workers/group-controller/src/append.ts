// THE write path: command → decide → append → publish → effects. Nothing else writes to a group's log.
//
//   command ─▶ decide ─▶ one transaction: events, command id, snapshot parts ─▶ live state
//                 │                                                               │
//                 └─▶ refusal, nothing written                  effects started ◀─┴─▶ frames to live sockets
import { decide, type Effect, type GroupCommand, type GroupState, type Seed } from "@acos/group";
import type { LogEvent, Problem } from "@acos/protocol";

import type { CommandLog } from "./log/command-log.ts";
import type { EventLog, EventRow } from "./log/event-log.ts";
import type { StateStore } from "./log/state-store.ts";

/** Who gave a command under which id, for commands that may be sent again. */
export interface CommandKey {
  readonly giver: string;
  readonly id: string;
}

export type WriteOutcome =
  | { readonly ok: true; readonly seq: number }
  | { readonly ok: false; readonly problem: Problem };

/** What the write path needs of the object; time and randomness come from here and nowhere else. */
export interface WriteRim {
  readonly storage: Pick<DurableObjectStorage, "transactionSync">;
  readonly log: EventLog;
  readonly commands: CommandLog;
  readonly states: StateStore;
  readonly now: () => number;
  readonly seed: () => Seed;
  /** Contract: hears of every append, and only begins what follows from it. */
  readonly appended: (events: readonly LogEvent[]) => void;
  /** Contract: sends rows to live sockets in seq order; the platform holds them back until the append is durable. */
  readonly publish: (rows: readonly EventRow[]) => void;
  /** Contract: begins the work and returns; its outcome comes back as a command. */
  readonly start: (effect: Effect) => void;
}

export class WritePath {
  readonly #rim: WriteRim;
  #state: GroupState;

  constructor(rim: WriteRim, state: GroupState) {
    this.#rim = rim;
    this.#state = state;
  }

  /** The live state: always the fold of what has been appended. */
  get state(): GroupState {
    return this.#state;
  }

  /**
   * Carries out a command, synchronously and whole, or refuses it. With a key, a command that was done before is
   * answered with its first seq. The seq is that of its first event, or of the head where all was as asked already.
   */
  write(command: GroupCommand, key: CommandKey | null = null): WriteOutcome {
    const rim = this.#rim;
    const done = key && rim.commands.find(key.giver, key.id);
    if (done !== null) return { ok: true, seq: done };
    const decision = decide(this.#state, command, { at: rim.now(), seed: rim.seed() });
    if (!decision.ok) return decision;
    const { events, state, effects } = decision;
    const seq = events[0]?.seq ?? this.#state.head;
    const rows = rim.storage.transactionSync(() => {
      const inserted = rim.log.insert(events);
      if (key) rim.commands.insert(key.giver, key.id, seq);
      rim.states.saveWhenDue(state);
      return inserted;
    });
    this.#state = state;
    rim.appended(events);
    for (const effect of effects) rim.start(effect);
    rim.publish(rows);
    return { ok: true, seq };
  }
}
