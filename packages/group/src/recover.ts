// Recovery: what becomes of open runs when the process that carried them is gone.
import { TURN_ATTEMPTS_MAX, type RunId } from "@acos/protocol";

import { recoverSummary } from "./compaction/decide-summary.ts";
import type { Decision, DecisionDraft } from "./decision.ts";
import { dispatchCall, endRun, goOn, startNextRun, startTurn } from "./run-start.ts";
import { isSandboxTool } from "./sandboxes/sandbox.ts";
import type { OpenCall, OpenTurn, Run } from "./state.ts";

/** What is found after a restart, or when the watch goes off. */
export interface Recover {
  readonly kind: "recover";
  /** Runs that no process carries any more. */
  readonly runs: readonly RunId[];
  /** This process is having the open summary made: it is left alone. */
  readonly summarizing?: boolean;
}

/**
 * After a restart: every run that no process carries any more goes on from its journal. A model response is asked for again, a call without an
 * effect is made again; a dispatched effect whose outcome is unknown is never repeated: its run ends `interrupted`. A call in
 * a sandbox goes on there, so its outcome is asked for; only where nobody knows it any more, it is lost. A
 * summary that was being made is asked for again.
 */
export function decideRecover(draft: DecisionDraft, recover: Recover): Decision {
  const { runs: stranded, summarizing = false } = recover;
  if (!summarizing) recoverSummary(draft);
  for (const id of stranded) {
    const run = draft.state.runs.get(id);
    if (run) recoverRun(draft, run);
  }
  return draft.accept();
}

function recoverRun(draft: DecisionDraft, run: Run): void {
  if (run.state === "queued") return startNextRun(draft, run.member);
  const { open } = run;
  if (!open) return;
  if (!open.answered) {
    if (open.attempt < TURN_ATTEMPTS_MAX)
      return startTurn(draft, run.run, { turn: open.turn, attempt: open.attempt + 1 });
    const reason = `The process died ${TURN_ATTEMPTS_MAX} times while this turn was under way.`;
    return endRun(draft, run, { outcome: "interrupted", reason });
  }
  recoverCalls(draft, run, open);
}

function recoverCalls(draft: DecisionDraft, run: Run, open: OpenTurn): void {
  for (const call of open.calls)
    if (call.dispatches > 0 && !call.result)
      if (isSandboxTool(call.tool))
        draft.effect({ kind: "follow-call", run: run.run, turn: open.turn, call: call.call });
      else settleLostCall(draft, run, call);
  if (run.state === "running") goOn(draft, run.run);
}

/** A call that was handed out and whose outcome is lost: made again when it has no effect, else its run is interrupted. */
export function settleLostCall(draft: DecisionDraft, run: Run, call: OpenCall): void {
  const open = draft.state.runs.get(run.run)?.open;
  if (!open) return;
  if (call.effect) {
    const reason = `The link was lost while ${call.tool} was under way: whether it took effect is not known, so it was not repeated.`;
    return endRun(draft, run, { outcome: "interrupted", reason });
  }
  if (call.dispatches < TURN_ATTEMPTS_MAX) return dispatchCall(draft, run.run, call.call);
  const text = `The call was lost ${TURN_ATTEMPTS_MAX} times, each time with the process that made it.`;
  draft.fact({
    kind: "tool-result-received",
    run: run.run,
    turn: open.turn,
    call: call.call,
    result: { isError: true, text },
  });
}
