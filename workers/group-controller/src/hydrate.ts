// Hydrating: the last snapshot and the events after it, folded into the live state.
import { evolve, type GroupState } from "@acos/group";

import { toEvent, type EventLog } from "./log/event-log.ts";
import type { StateStore } from "./log/state-store.ts";

/** Events read at a time, so that a long tail is never in memory as a whole. */
const PAGE_EVENTS = 500;

/** The group's state as its log has it. Throws RangeError when the log has a hole: a partial state must never serve. */
export function hydrate(store: StateStore, log: EventLog): GroupState {
  let state = store.load();
  for (;;) {
    const rows = log.after(state.head, PAGE_EVENTS);
    for (const row of rows) state = evolve(state, toEvent(row));
    if (rows.length < PAGE_EVENTS) return state;
  }
}
