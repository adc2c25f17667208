// Runs: what follows from a turn's outcome, a tool's result, a member's stop or resume.
import {
  TURN_ATTEMPTS_MAX,
  type CommandOf,
  type MemberId,
  type Part,
  type Problem,
  type RunId,
  type ToolArguments,
  type ToolCallId,
  type ToolResult,
  type Usage,
} from "@acos/protocol";

import { refuse, type Decision, type DecisionDraft } from "./decision.ts";
import { postMessage } from "./message.ts";
import { settleLostCall } from "./recover.ts";
import { dispatchCall, endRun, goOn, startTurn } from "./run-start.ts";
import { nextRunState } from "./run-table.ts";
import { dueOf, hasEffect } from "./sandboxes/journal-sandbox.ts";
import type { OpenTurn, Run } from "./state.ts";

/** A tool call as the turn stream brought it, with the digest of its arguments. */
export interface MadeCall {
  readonly tool: string;
  readonly arguments: ToolArguments;
  readonly digest: string;
  readonly effect: boolean;
  readonly invalid?: string;
}

/** Which try of which turn an outcome belongs to: an outcome of an older try is refused. */
export interface TurnRef {
  readonly run: RunId;
  readonly turn: number;
  readonly attempt: number;
}

export interface TurnFinish extends TurnRef {
  readonly kind: "turn-finish";
  readonly parts: readonly Part[];
  readonly calls: readonly MadeCall[];
  readonly finish: string;
  readonly usage: Usage;
  readonly cost: number;
  readonly model: string;
  /** What the call was estimated at before it was made. */
  readonly estimatedInput?: number;
}

export interface TurnFail extends TurnRef {
  readonly kind: "turn-fail";
  /** What had come before the stream broke off. */
  readonly parts: readonly Part[];
  readonly problem: Problem;
  /** The link broke, not the turn: asking again can cost tokens and never has an effect, so it is tried again. */
  readonly lost: boolean;
}

/** The link broke while a tool call was under way: whether it was made is not known. */
export interface ToolLost {
  readonly kind: "tool-lost";
  readonly run: RunId;
  readonly call: ToolCallId;
  /** Whoever should have made it says that it was not begun: it may be handed out again. */
  readonly unmade?: true;
}

export interface ToolFinish {
  readonly kind: "tool-finish";
  readonly run: RunId;
  readonly call: ToolCallId;
  readonly result: ToolResult;
}

export function decideTurnFinish(draft: DecisionDraft, command: TurnFinish): Decision {
  const open = awaited(draft, command);
  if (!open) return refuse("run_ended", "Nobody waits for this turn any more.");
  const { run } = open;
  if (command.parts.some((part) => part.type === "text"))
    postMessage(draft, {
      message: open.open.message,
      by: run.member,
      parts: command.parts,
      run: run.run,
      turn: command.turn,
    });
  const { turn, finish, usage, cost, model, estimatedInput } = command;
  draft.fact({
    kind: "turn-ended",
    run: run.run,
    turn,
    finish,
    usage,
    cost,
    model,
    ...(estimatedInput !== undefined && { estimatedInput }),
  });
  if (command.calls.length === 0) {
    const reason = FINISH_WORDS[finish];
    endRun(draft, run, { outcome: "done", ...(reason && { reason }) });
    return draft.accept();
  }
  journalCalls(draft, command);
  goOn(draft, run.run);
  return draft.accept();
}

const FINISH_WORDS: Readonly<Record<string, string>> = {
  length: "The answer reached the model's output limit and is cut there.",
  "content-filter": "The provider's content filter ended the answer.",
};

/** Grows with each attempt; two of them outlast the restart of a process. */
const RETRY_DELAY_MS = 1_000;

export function decideTurnFail(draft: DecisionDraft, command: TurnFail): Decision {
  const open = awaited(draft, command);
  if (!open) return refuse("run_ended", "Nobody waits for this turn any more.");
  const { turn, attempt, problem } = command;
  if (command.lost && attempt < TURN_ATTEMPTS_MAX) {
    startTurn(draft, open.run.run, {
      turn,
      attempt: attempt + 1,
      afterMs: attempt * RETRY_DELAY_MS,
    });
    return draft.accept();
  }
  postPartial(draft, open, command.parts);
  endRun(draft, open.run, { outcome: "failed", reason: problem.message, problem });
  return draft.accept();
}

export function decideToolFinish(draft: DecisionDraft, command: ToolFinish): Decision {
  const run = draft.state.runs.get(command.run);
  const call = run?.open?.calls.find((each) => each.call === command.call);
  if (!run?.open || !call || call.result || call.dispatches === 0)
    return refuse("run_ended", "Nobody waits for this result any more.");
  const { turn } = run.open;
  draft.fact({
    kind: "tool-result-received",
    run: run.run,
    turn,
    call: call.call,
    result: command.result,
  });
  goOn(draft, run.run);
  return draft.accept();
}

export function decideToolLost(draft: DecisionDraft, command: ToolLost): Decision {
  const run = draft.state.runs.get(command.run);
  const call = run?.open?.calls.find((each) => each.call === command.call);
  if (!run?.open || !call || call.result || call.dispatches === 0)
    return refuse("run_ended", "Nobody waits for this result any more.");
  settleLostCall(draft, run, { ...call, effect: call.effect && !command.unmade });
  goOn(draft, run.run);
  return draft.accept();
}

/**
 * Journals a turn's calls: invalid ones get their error at once, effects ask for an approval, the rest is dispatched. Calls in
 * a sandbox that is there go by the group's rules for it.
 */
function journalCalls(draft: DecisionDraft, command: TurnFinish): void {
  const { run, turn } = command;
  let asked = false;
  for (const { invalid, ...given } of command.calls) {
    const made = { ...given, effect: hasEffect(given) };
    const call = draft.newId("toolCall");
    draft.fact({ kind: "tool-call-made", run, turn, call, ...made });
    const due = invalid ? { error: invalid } : dueOf(draft.state, made);
    if (typeof due === "object") {
      const result = { isError: true, text: due.error };
      draft.fact({ kind: "tool-result-received", run, turn, call, result });
    } else if (due === "ask") {
      const { effect: _, ...asks } = made;
      draft.fact({
        kind: "approval-asked",
        approval: draft.newId("approval"),
        run,
        call,
        ...asks,
      });
      asked = true;
    } else dispatchCall(draft, run, call);
  }
  if (asked) draft.fact({ kind: "run-paused", run, reason: "approval" });
}

/** Cancels; `parts` is what its unfinished turn had said so far. */
export function decideCancel(
  draft: DecisionDraft,
  by: MemberId,
  { run: id, parts }: { run: RunId; parts: readonly Part[] },
): Decision {
  const run = draft.state.runs.get(id);
  if (!run) return refuse("run_ended", "That run has ended already.");
  if (run.open && !run.open.answered) postPartial(draft, { run, open: run.open }, parts);
  draft.effect({ kind: "abort", run: id });
  endRun(draft, run, { outcome: "cancelled", by, reason: "Stopped by a member." });
  return draft.accept();
}

export function decideResume(
  draft: DecisionDraft,
  by: MemberId,
  command: CommandOf<"run-resume">,
): Decision {
  const run = draft.state.runs.get(command.run);
  if (!run) return refuse("run_ended", "That run has ended already.");
  if (nextRunState(run.state, "resume") === null)
    return refuse(
      "conflict",
      run.state === "waiting"
        ? "That run waits for an approval: decide the approval instead."
        : "That run is not paused.",
    );
  draft.fact({ kind: "run-resumed", run: run.run, by });
  goOn(draft, run.run);
  return draft.accept();
}

function postPartial(
  draft: DecisionDraft,
  { run, open }: { run: Run; open: OpenTurn },
  parts: readonly Part[],
): void {
  if (!parts.some((part) => part.type === "text" && part.text !== "")) return;
  postMessage(draft, {
    message: open.message,
    by: run.member,
    parts,
    run: run.run,
    turn: open.turn,
    incomplete: true,
  });
}

function awaited(draft: DecisionDraft, ref: TurnRef): { run: Run; open: OpenTurn } | null {
  const run = draft.state.runs.get(ref.run);
  const open = run?.open;
  if (!run || !open || open.answered) return null;
  return open.turn === ref.turn && open.attempt === ref.attempt ? { run, open } : null;
}
