// How runs move on: starting an agent's next run and turn, handing out tool calls, ending a run.
import type { MemberId, Problem, RunId, RunOutcome, ToolCallId } from "@acos/protocol";

import type { DecisionDraft } from "./decision.ts";
import type { Run } from "./state.ts";

/** Starts the agent's oldest waiting run, unless one of its runs goes on already: runs of one agent are never parallel. */
export function startNextRun(draft: DecisionDraft, member: MemberId): void {
  const runs = [...draft.state.runs.values()].filter((run) => run.member === member);
  if (runs.some((run) => run.state !== "queued")) return;
  const next = runs.toSorted((a, b) => a.queuedSeq - b.queuedSeq)[0];
  const agent = draft.state.members.get(member);
  if (!next || agent?.type !== "agent") return;
  draft.fact({ kind: "run-started", run: next.run, version: agent.version, pin: agent.pin });
  startTurn(draft, next.run, { turn: 1, attempt: 1 });
}

/** Begins a turn, or tries the open one again under the same message id. */
export function startTurn(
  draft: DecisionDraft,
  run: RunId,
  { turn, attempt, afterMs = 0 }: { turn: number; attempt: number; afterMs?: number },
): void {
  const again = attempt > 1 ? draft.state.runs.get(run)?.open : null;
  draft.fact({
    kind: "turn-started",
    run,
    turn,
    attempt,
    message: again?.message ?? draft.newId("message"),
    briefing: draft.newId("briefing"),
  });
  draft.effect({ kind: "brief", run, turn, attempt, afterMs, state: draft.state });
}

/** Ends a run with one outcome and lets the agent's next one start. */
export function endRun(
  draft: DecisionDraft,
  run: Run,
  end: { outcome: RunOutcome; reason?: string; problem?: Problem; by?: MemberId },
): void {
  const { usage, cost } = draft.state.runs.get(run.run) ?? run;
  draft.fact({ kind: "run-ended", run: run.run, usage, cost, ...end });
  startNextRun(draft, run.member);
}

/** Journals that a call is handed out, then hands it out: in this order, always. */
export function dispatchCall(draft: DecisionDraft, run: RunId, call: ToolCallId): void {
  const open = draft.state.runs.get(run)?.open;
  const made = open?.calls.find((each) => each.call === call);
  if (!open || !made) return;
  const { turn } = open;
  draft.fact({ kind: "tool-call-dispatched", run, turn, call, digest: made.digest });
  draft.effect({ kind: "call-tool", run, turn, call });
}

/** When every call of the turn has its result: the next turn, or a pause where the run has used up its turns. */
export function goOn(draft: DecisionDraft, id: RunId): void {
  const run = draft.state.runs.get(id);
  if (!run?.open?.answered || run.open.calls.some((call) => !call.result)) return;
  const turn = run.open.turn + 1;
  if (turn > run.turnsAllowed) draft.fact({ kind: "run-paused", run: id, reason: "turn-limit" });
  else startTurn(draft, id, { turn, attempt: 1 });
}
