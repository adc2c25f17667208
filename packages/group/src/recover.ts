// Recovery: what becomes of open runs when the process that carried them is gone.
import { TURN_ATTEMPTS_MAX } from "@acos/protocol";

import type { Decision, DecisionDraft } from "./decision.ts";
import { dispatchCall, endRun, goOn, startNextRun, startTurn } from "./run-start.ts";
import type { OpenTurn, Run } from "./state.ts";

/**
 * After a restart: every open run goes on from its journal. A model response is asked for again, a call without an
 * effect is made again; a dispatched effect whose outcome is unknown is never repeated: its run ends `interrupted`.
 */
export function decideRecover(draft: DecisionDraft): Decision {
  for (const run of [...draft.state.runs.values()]) recoverRun(draft, run);
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
  const lost = open.calls.filter((call) => call.dispatches > 0 && !call.result);
  const unknown = lost.find((call) => call.effect);
  if (unknown) {
    const reason = `The process died while ${unknown.tool} was under way: whether it took effect is not known, so it was not repeated.`;
    return endRun(draft, run, { outcome: "interrupted", reason });
  }
  for (const call of lost) {
    if (call.dispatches < TURN_ATTEMPTS_MAX) dispatchCall(draft, run.run, call.call);
    else {
      const text = `The process died ${TURN_ATTEMPTS_MAX} times during this call.`;
      const result = { isError: true, text };
      const { turn } = open;
      draft.fact({ kind: "tool-result-received", run: run.run, turn, call: call.call, result });
    }
  }
  if (run.state === "running") goOn(draft, run.run);
}
