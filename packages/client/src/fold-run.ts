// Folding what agents do into the local view: runs, turns, tool calls and approvals.
import type {
  EventOf,
  GroupEvent,
  LogEvent,
  RunId,
  ToolCallId,
  ToolOutputFrame,
} from "@acos/protocol";

import { dropDrafts } from "./fold-message.ts";
import type { SandboxEvent } from "./fold-sandbox.ts";
import { addEntry, isOpen, own, type LocalCall, type LocalRun, type Work } from "./local-view.ts";

/** The last of a running command's output; the group keeps as much (TOOL_OUTPUT_SHOWN_CHARS). */
const OUTPUT_SHOWN_CHARS = 8_000;

type RunEvent = Exclude<Extract<GroupEvent, { run: RunId }>, SandboxEvent>;

/** Folds an event of a run. A run that began before the oldest event held here is made up from what is said of it. */
export function foldRunEvent(work: Work, entry: LogEvent, event: RunEvent): void {
  const { at, seq } = entry;
  switch (event.kind) {
    case "run-queued": {
      const { member, version, trigger } = event;
      return setRun(work, event.run, { state: "queued", member, version, trigger, queuedAt: at });
    }
    case "run-started": {
      const { version, pin } = event;
      return setRun(work, event.run, {
        state: "running",
        version,
        model: pin.model,
        startedAt: at,
      });
    }
    case "turn-started":
      dropDrafts(work, event.run);
      return setRun(work, event.run, { state: "running", turn: event.turn });
    case "turn-ended":
      return setRun(work, event.run, { model: event.model });
    case "run-paused":
      return setRun(work, event.run, {
        state: event.reason === "approval" ? "waiting" : "paused",
        pausedFor: event.reason,
      });
    case "run-resumed":
      return setRun(work, event.run, { state: "running" });
    case "run-ended":
      return foldRunEnd(work, { at, seq }, event);
    default:
      return foldCallEvent(work, entry, event);
  }
}

type CallEvent = Extract<
  RunEvent,
  {
    kind:
      | "tool-call-made"
      | "approval-asked"
      | "approval-decided"
      | "tool-call-dispatched"
      | "tool-result-received";
  }
>;

function foldCallEvent(work: Work, { at, seq }: LogEvent, event: CallEvent): void {
  switch (event.kind) {
    case "tool-call-made": {
      const { call, run, tool, effect } = event;
      const made: LocalCall = {
        call,
        run,
        tool,
        effect,
        at,
        arguments: event.arguments,
        state: "made",
      };
      own(work, "calls").set(call, made);
      return addEntry(work, { kind: "call", seq, at, id: call });
    }
    case "approval-asked":
      setRun(work, event.run, { state: "waiting" });
      return setCall(work, event.call, { state: "waiting", approval: event.approval });
    case "approval-decided":
      return foldDecision(work, event);
    case "tool-call-dispatched":
      return setCall(work, event.call, { state: "dispatched" });
    case "tool-result-received": {
      dropOutputs(work, ({ call }) => call === event.call);
      const denied = work.view.calls.get(event.call)?.decision === "deny";
      return setCall(work, event.call, {
        state: denied ? "denied" : "done",
        result: event.result,
      });
    }
    default:
      return event satisfies never;
  }
}

function foldDecision(work: Work, event: EventOf<"approval-decided">): void {
  const approved = event.decision === "approve";
  setCall(work, event.call, {
    state: approved ? "made" : "denied",
    arguments: event.arguments,
    decision: event.decision,
    decidedBy: event.by,
  });
  const calls = [...work.view.calls.values()];
  const stillWaits = calls.some((call) => call.run === event.run && call.state === "waiting");
  const run = work.view.runs.get(event.run);
  if (!stillWaits && run && run.state === "waiting") setRun(work, event.run, { state: "running" });
}

function foldRunEnd(
  work: Work,
  place: { at: number; seq: number },
  event: EventOf<"run-ended">,
): void {
  const { outcome, usage, cost, reason, problem } = event;
  setRun(work, event.run, {
    state: outcome,
    usage,
    cost,
    endedAt: place.at,
    ...(reason === undefined ? {} : { reason }),
    ...(problem === undefined ? {} : { problem }),
  });
  endWork(work, event.run);
  if (outcome !== "done") addEntry(work, { kind: "run-end", ...place, id: event.run });
}

/** Lets go of what a run was streaming and waiting for: it is over. */
function endWork(work: Work, run: RunId): void {
  dropDrafts(work, run);
  dropOutputs(work, (output) => output.run === run);
  for (const call of work.view.calls.values())
    if (call.run === run && call.state === "waiting") setCall(work, call.call, { state: "denied" });
}

/** Ends every run that goes on, as a copy does: what agents were at is not theirs to go on with here. */
export function interruptRuns(work: Work, at: number): void {
  for (const { run } of openRuns(work.view.runs)) {
    setRun(work, run, { state: "interrupted", endedAt: at });
    endWork(work, run);
  }
}

/** Adds to what a running call has said, or begins it anew where something between was left out. */
export function foldOutput(work: Work, frame: ToolOutputFrame): void {
  const { run, call, offset, text } = frame;
  if (work.view.calls.get(call)?.result) return;
  const held = work.view.outputs.get(call);
  const before = held?.end === offset ? held : undefined;
  const whole = (before?.text ?? "") + text;
  own(work, "outputs").set(call, {
    run,
    text: whole.slice(-OUTPUT_SHOWN_CHARS),
    end: offset + text.length,
    isCut: whole.length > OUTPUT_SHOWN_CHARS || (before === undefined ? offset > 0 : before.isCut),
  });
}

function dropOutputs(
  work: Work,
  isOver: (output: { readonly call: ToolCallId; readonly run: RunId }) => boolean,
): void {
  for (const [call, { run }] of work.view.outputs)
    if (isOver({ call, run })) own(work, "outputs").delete(call);
}

function setRun(work: Work, id: RunId, change: Partial<LocalRun>): void {
  const before: LocalRun = work.view.runs.get(id) ?? { run: id, state: "running" };
  own(work, "runs").set(id, { ...before, ...change });
}

function setCall(work: Work, id: LocalCall["call"], change: Partial<LocalCall>): void {
  const before = work.view.calls.get(id);
  if (before) own(work, "calls").set(id, { ...before, ...change });
}

/** Runs that go on, in the order they were queued. */
export function openRuns(runs: ReadonlyMap<RunId, LocalRun>): readonly LocalRun[] {
  return [...runs.values()].filter(isOpen);
}
