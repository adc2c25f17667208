// The one transition table of a run's states: it is the code, and the test walks it cell by cell.
//
//            start          wait            decide
//   queued ────────▶ running ─────▶ waiting ───────▶ running
//      │                │  ▲                            │
//      │          limit │  │ resume                     │ done · fail · cancel · interrupt
//      │                ▼  │                            ▼
//      └── cancel ──▶  paused ───── cancel ────▶     (ended)
import type { RunOutcome, RunState } from "@acos/protocol";

export type OpenRunState = Exclude<RunState, RunOutcome>;
export const OPEN_RUN_STATES = ["queued", "running", "waiting", "paused"] as const;

/** What can happen to a run. */
export const RUN_FACTS = [
  "start",
  "turn",
  "wait",
  "decide",
  "limit",
  "resume",
  "done",
  "failed",
  "cancelled",
  "interrupted",
] as const;
export type RunFact = (typeof RUN_FACTS)[number];

/** `null`: cannot happen in that state. */
export const RUN_TABLE: Readonly<Record<OpenRunState, Readonly<Record<RunFact, RunState | null>>>> =
  {
    queued: {
      start: "running",
      turn: null,
      wait: null,
      decide: null,
      limit: null,
      resume: null,
      done: null,
      failed: "failed",
      cancelled: "cancelled",
      interrupted: null,
    },
    running: {
      start: null,
      turn: "running",
      wait: "waiting",
      decide: null,
      limit: "paused",
      resume: null,
      done: "done",
      failed: "failed",
      cancelled: "cancelled",
      interrupted: "interrupted",
    },
    waiting: {
      start: null,
      turn: null,
      wait: "waiting",
      decide: "running",
      limit: null,
      resume: null,
      done: null,
      failed: "failed",
      cancelled: "cancelled",
      interrupted: "interrupted",
    },
    paused: {
      start: null,
      turn: null,
      wait: null,
      decide: null,
      limit: null,
      resume: "running",
      done: null,
      failed: "failed",
      cancelled: "cancelled",
      interrupted: null,
    },
  };

/** The state after a fact, or null when it cannot happen in that state. */
export function nextRunState(state: OpenRunState, fact: RunFact): RunState | null {
  return RUN_TABLE[state][fact];
}

/** Tells whether a run in this state still goes on. */
export function isOpen(state: RunState): state is OpenRunState {
  return (OPEN_RUN_STATES as readonly RunState[]).includes(state);
}
