// Messages that open runs hold: what woke them, and what their own turns said. They change when the message does.
import type { MessageId, RunId } from "@acos/protocol";

import type { GroupState, Run } from "./state.ts";

/** The runs after a message's text has changed. `textFor` gets the seq of the trigger: only a trigger is ever edited. */
export function changeInRuns(
  runs: GroupState["runs"],
  message: MessageId,
  textFor: (seq: number) => string,
): GroupState["runs"] {
  let changed: Map<RunId, Run> | null = null;
  for (const [id, run] of runs) {
    const after = changeInRun(run, message, textFor);
    if (after !== run) changed = (changed ?? new Map(runs)).set(id, after);
  }
  return changed ?? runs;
}

function changeInRun(run: Run, message: MessageId, textFor: (seq: number) => string): Run {
  const text = (): string => textFor(run.triggerSeq ?? run.queuedSeq);
  if (run.trigger.message === message) return { ...run, trigger: { ...run.trigger, text: text() } };
  const said = run.said.find((each) => each.message === message);
  if (!said) return run;
  const { open } = run;
  return {
    ...run,
    open: open?.turn === said.turn ? { ...open, text: text() } : open,
    steps: run.steps.map((step) => (step.turn === said.turn ? { ...step, text: text() } : step)),
  };
}
