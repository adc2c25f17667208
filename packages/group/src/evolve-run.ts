// The run half of evolve: facts about runs, their turns, tool calls and approvals.
import {
  RUN_TURNS_MAX,
  type EventOf,
  type GroupEvent,
  type GroupEventKind,
  type RunId,
} from "@acos/protocol";

import { budgetOf } from "./briefing/budget.ts";
import { calibrate } from "./briefing/calibration.ts";
import { clipToolResult } from "./briefing/clip.ts";
import { plainName } from "./briefing/label.ts";
import { isOpen, nextRunState, type RunFact } from "./run-table.ts";
import {
  addUsage,
  memberOf,
  NO_USAGE,
  withEntry,
  withoutEntry,
  type GroupState,
  type OpenCall,
  type OpenTurn,
  type Run,
} from "./state.ts";

const RUN_KINDS = [
  "run-queued",
  "run-started",
  "turn-started",
  "turn-ended",
  "tool-call-made",
  "approval-asked",
  "approval-decided",
  "tool-call-dispatched",
  "tool-result-received",
  "run-paused",
  "run-resumed",
  "run-ended",
] as const satisfies readonly GroupEventKind[];
export type RunEvent = EventOf<(typeof RUN_KINDS)[number]>;

type Placed<E> = { readonly seq: number; readonly at: number; readonly event: E };
type Change = Partial<GroupState>;

/** Wakes that are remembered at most: more come together only in a log that was made to hurt. */
const WAKES_MAX = 1_000;
/** How long wakes between agents are remembered: the longest any limit looks back. */
const WAKE_MEMORY_MS = 60 * 60_000;

export function isRunEvent(event: GroupEvent): event is RunEvent {
  return (RUN_KINDS as readonly string[]).includes(event.kind);
}

/** Folds a run's event. An event about a run that is not open changes nothing. */
export function evolveRun(state: GroupState, placed: Placed<RunEvent>): Change {
  const { event } = placed;
  if (event.kind === "run-queued") return queue(state, { ...placed, event });
  const run = state.runs.get(event.run);
  return run ? foldRun(state, run, { ...placed, event }) : {};
}

function foldRun(
  state: GroupState,
  run: Run,
  { seq, at, event }: Placed<Exclude<RunEvent, { kind: "run-queued" }>>,
): Change {
  switch (event.kind) {
    case "run-started":
      return {
        lastRan: run.member,
        ...put(state, {
          ...step(run, "start"),
          pin: event.pin,
          version: event.version,
          startedSeq: seq,
        }),
      };
    case "turn-started":
      return put(state, { ...step(run, "turn"), open: openTurn(event, at), steps: closeTurn(run) });
    case "turn-ended":
      return {
        calibration: calibrate(state.calibration, run, event),
        ...put(state, {
          ...withTurn(run, { answered: true }),
          usage: addUsage(run.usage, event.usage),
          cost: run.cost + event.cost,
        }),
      };
    case "tool-call-made":
      return put(state, withTurn(run, { calls: [...(run.open?.calls ?? []), newCall(event)] }));
    case "approval-asked": {
      const { kind: _, ...approval } = event;
      return {
        ...put(state, step(run, "wait")),
        approvals: withEntry(state.approvals, event.approval, approval),
      };
    }
    case "approval-decided":
      return decided(state, run, event);
    case "tool-call-dispatched":
      return put(
        state,
        withCall(run, event.call, (call) => ({ ...call, dispatches: call.dispatches + 1 })),
      );
    case "tool-result-received": {
      const text = clipToolResult(event.result.text, event.call, budgetOf(state).result);
      const result = { isError: event.result.isError, text };
      return put(
        state,
        withCall(run, event.call, (call) => ({ ...call, result })),
      );
    }
    case "run-paused":
      return event.reason === "turn-limit" ? put(state, step(run, "limit")) : {};
    case "run-resumed":
      return put(state, {
        ...step(run, "resume"),
        turnsAllowed: run.turnsAllowed + RUN_TURNS_MAX,
      });
    case "run-ended":
      return end(state, run.run);
    default:
      return event satisfies never;
  }
}

function queue(state: GroupState, { seq, at, event }: Placed<EventOf<"run-queued">>): Change {
  const entry = state.window.findLast((candidate) => candidate.message === event.trigger);
  const author = entry && memberOf(state, entry.by);
  const run: Run = {
    run: event.run,
    member: event.member,
    state: "queued",
    trigger: {
      message: event.trigger,
      author: plainName(author?.name ?? "") || "someone",
      text: entry?.text ?? "",
    },
    triggerSeq: entry?.seq ?? null,
    root: event.root,
    depth: event.depth,
    queuedSeq: seq,
    version: event.version,
    pin: null,
    startedSeq: seq,
    turnsAllowed: RUN_TURNS_MAX,
    open: null,
    steps: [],
    said: [],
    usage: NO_USAGE,
    cost: 0,
  };
  const queued = put(state, run);
  if (event.depth === 0 || !entry) return queued;
  const recent = state.wakes.filter((wake) => at - wake.at < WAKE_MEMORY_MS);
  return {
    ...queued,
    wakes: [
      ...recent.slice(-WAKES_MAX),
      { from: entry.by, to: event.member, root: event.root, at },
    ],
  };
}

function decided(state: GroupState, run: Run, event: EventOf<"approval-decided">): Change {
  const approvals = withoutEntry(state.approvals, event.approval);
  const stillWaiting = [...approvals.values()].some((approval) => approval.run === run.run);
  const moved = stillWaiting ? run : step(run, "decide");
  const changed = withCall(moved, event.call, (call) => ({
    ...call,
    arguments: event.arguments,
    digest: event.digest,
  }));
  return { ...put(state, changed), approvals };
}

function end(state: GroupState, run: RunId): Change {
  const open = [...state.approvals].filter(([, approval]) => approval.run !== run);
  return {
    runs: withoutEntry(state.runs, run),
    approvals: open.length === state.approvals.size ? state.approvals : new Map(open),
  };
}

/** Moves a run along its table; a log that says otherwise leaves the state where it is. */
function step(run: Run, fact: RunFact): Run {
  const next = nextRunState(run.state, fact);
  return next !== null && isOpen(next) ? { ...run, state: next } : run;
}

function put(state: GroupState, run: Run): Change {
  return { runs: withEntry(state.runs, run.run, run) };
}

function openTurn(event: EventOf<"turn-started">, startedAt: number): OpenTurn {
  const { turn, attempt, message, briefing } = event;
  return { turn, attempt, startedAt, message, briefing, answered: false, text: "", calls: [] };
}

/** The finished turn becomes a step of the transcript; a turn that is tried again leaves none. */
function closeTurn(run: Run): Run["steps"] {
  const { open } = run;
  if (!open?.answered) return run.steps;
  const calls = open.calls.map((call) => ({
    call: call.call,
    tool: call.tool,
    arguments: call.arguments,
    result: call.result ?? { isError: true, text: "No result was recorded." },
  }));
  return [...run.steps, { turn: open.turn, text: open.text, calls }];
}

function withTurn(run: Run, change: Partial<OpenTurn>): Run {
  return run.open ? { ...run, open: { ...run.open, ...change } } : run;
}

function withCall(run: Run, id: OpenCall["call"], change: (call: OpenCall) => OpenCall): Run {
  if (!run.open) return run;
  return withTurn(run, {
    calls: run.open.calls.map((call) => (call.call === id ? change(call) : call)),
  });
}

function newCall(event: EventOf<"tool-call-made">): OpenCall {
  const { call, tool, digest, effect } = event;
  return { call, tool, arguments: event.arguments, digest, effect, dispatches: 0, result: null };
}
