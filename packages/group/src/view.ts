// What readers are shown: the state as the welcome and REST carry it, and a run's whole story from its events.
import type { GroupView, LogEvent, RunView } from "@acos/protocol";

import { atTime } from "./at-time.ts";
import { viewSandbox } from "./sandboxes/sandbox.ts";
import { addUsage, NO_USAGE, type GroupState } from "./state.ts";

/** The group as its members see it; null before it is created. Who holds it knows whether its history is still coming. */
export function viewGroup(state: GroupState): GroupView | null {
  if (!state.group) return null;
  const { epoch: _, ...group } = state.group;
  return {
    ...group,
    createdAt: atTime(group.createdAt),
    head: state.head,
    members: [...state.members.values()],
    runs: [...state.runs.values()].map((run) => ({
      run: run.run,
      agent: run.pin?.agent ?? agentOf(state, run.member),
      member: run.member,
      version: run.version,
      state: run.state,
      trigger: run.trigger.message,
    })),
    approvals: [...state.approvals.values()],
    briefingRules: Array.from(state.briefingRules, ([message, { rule }]) => ({ message, rule })),
    summary: viewSummaryState(state),
    sandboxes: Array.from(state.sandboxes.values(), viewSandbox),
    state: "active",
  };
}

function viewSummaryState({ summary, compaction }: GroupState): GroupView["summary"] {
  if (!summary && !compaction) return null;
  const { version, upTo } = summary ?? { version: 0, upTo: 0 };
  return { version, upTo, making: compaction !== null };
}

function agentOf(
  state: GroupState,
  id: GroupView["members"][number]["member"],
): GroupView["runs"][number]["agent"] {
  const member = state.members.get(id);
  if (member?.type !== "agent") throw new RangeError(`${id} is no agent of this group`);
  return member.agent;
}

type Turn = RunView["turns"][number];
type Call = Turn["calls"][number];

/** Folds one run's events, in order, into its view; null when the first is not its `run-queued`. */
export function viewRun(events: readonly LogEvent[]): RunView | null {
  let view: RunView | null = null;
  for (const placed of events) view = fold(view, placed);
  return view;
}

// One case a kind of event: long, and easy to read.
function fold(view: RunView | null, { at, event }: LogEvent): RunView | null {
  if (event.kind === "run-queued") {
    const { run, agent, member, version, trigger } = event;
    const head = { run, agent, member, version, trigger };
    return { ...head, state: "queued", queuedAt: atTime(at), usage: NO_USAGE, cost: 0, turns: [] };
  }
  if (!view) return null;
  switch (event.kind) {
    case "run-started":
      return { ...view, state: "running", version: event.version, startedAt: atTime(at) };
    case "turn-started":
      return { ...view, turns: beginTurn(view.turns, { at, event }) };
    case "turn-ended":
      return {
        ...lastTurn(view, {
          endedAt: atTime(at),
          usage: event.usage,
          cost: event.cost,
          model: event.model,
        }),
        usage: addUsage(view.usage, event.usage),
        cost: view.cost + event.cost,
      };
    case "tool-call-made": {
      const { call, tool, digest, effect } = event;
      const made: Call = { call, tool, arguments: event.arguments, digest, effect, state: "made" };
      return lastTurn(view, { calls: [...(view.turns.at(-1)?.calls ?? []), made] });
    }
    case "approval-asked":
      return inCall({ ...view, state: "waiting" }, event.call, {
        state: "waiting",
        approval: event.approval,
      });
    case "approval-decided": {
      const decided = inCall(view, event.call, {
        state: event.decision === "deny" ? "denied" : "made",
        arguments: event.arguments,
        digest: event.digest,
      });
      const waits = decided.turns.some((turn) =>
        turn.calls.some((call) => call.state === "waiting"),
      );
      return { ...decided, state: waits ? "waiting" : "running" };
    }
    case "tool-call-dispatched":
      return inCall(view, event.call, { state: "dispatched" });
    case "tool-result-received":
      return inCall(view, event.call, { result: event.result }, "done");
    case "run-paused":
      return event.reason === "turn-limit" ? { ...view, state: "paused" } : view;
    case "run-resumed":
      return { ...view, state: "running" };
    case "run-ended":
      return {
        ...view,
        state: event.outcome,
        endedAt: atTime(at),
        ...(event.reason && { reason: event.reason }),
      };
    default:
      return view;
  }
}

type TurnStarted = Extract<LogEvent["event"], { kind: "turn-started" }>;

function beginTurn(
  turns: readonly Turn[],
  { at, event }: { at: number; event: TurnStarted },
): Turn[] {
  const { turn, attempt, message } = event;
  const begun: Turn = { turn, attempt, startedAt: atTime(at), message, calls: [] };
  return [...turns.filter((each) => each.turn !== turn), begun];
}

function lastTurn(view: RunView, change: Partial<Turn>): RunView {
  const last = view.turns.at(-1);
  return last ? { ...view, turns: [...view.turns.slice(0, -1), { ...last, ...change }] } : view;
}

function inCall(
  view: RunView,
  id: Call["call"],
  change: Partial<Call>,
  unless?: Call["state"],
): RunView {
  return {
    ...view,
    turns: view.turns.map((turn) => ({
      ...turn,
      calls: turn.calls.map((call) => {
        if (call.call !== id) return call;
        const state = unless && call.state !== "denied" ? { state: unless } : {};
        return { ...call, ...change, ...state };
      }),
    })),
  };
}
