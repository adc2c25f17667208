// Deciding about summaries: asking for one when it is time or a member wants it, taking or refusing what comes of it.
//
//   window grows ─┐                    ┌─▶ summary-made     passed its check, or a member wrote it
//   member asks ──┴─▶ summary-asked ───┤
//   process died ───▶ (asked again)    └─▶ summary-refused  did not, or could not be had
import {
  estimateTokens,
  TURN_ATTEMPTS_MAX,
  type AgentPin,
  type CommandOf,
  type MemberId,
  type SummaryId,
  type Usage,
} from "@acos/protocol";

import { budgetOf } from "../briefing/budget.ts";
import { refuse, type Decision, type DecisionDraft } from "../decision.ts";
import type { Compaction } from "../state.ts";
import { checkSummary } from "./check.ts";
import { cutPoint, dueUpTo, sourceUpTo } from "./cut-point.ts";
import { knownSeqs } from "./fold.ts";
import { linesIn, tellSummary } from "./render.ts";
import { sourceOf, summarizer } from "./request.ts";

/** Grows with each attempt, as for turns. */
const RETRY_DELAY_MS = 1_000;

/** What came of a summary that was asked for. */
export interface SummaryFinish {
  readonly kind: "summary-finish";
  readonly summary: SummaryId;
  readonly outcome:
    | {
        readonly ok: true;
        readonly text: string;
        readonly model: string;
        readonly usage: Usage;
        readonly cost: number;
      }
    | {
        readonly ok: false;
        readonly reason: string;
        /** The link broke, not the summary: it is asked for again, as a turn would be. */
        readonly lost?: boolean;
        readonly usage?: Usage;
        readonly cost?: number;
      };
}

/** Asks for a summary when the window is due for one and an agent is there whose model can make it. */
export function askWhenDue(draft: DecisionDraft): void {
  const upTo = dueUpTo(draft.state);
  const pin = upTo === null ? null : summarizer(draft.state);
  if (upTo !== null && pin) ask(draft, { upTo, pin });
}

/** A milestone: a summary of all so far that can be cut away. */
export function decideSummaryAsk(draft: DecisionDraft, by: MemberId): Decision {
  const { state } = draft;
  if (state.compaction)
    return refuse("conflict", "A summary is being made already: it will be there soon.");
  const pin = summarizer(state);
  if (!pin)
    return refuse("conflict", "There is no agent in this group whose model could write a summary.");
  const upTo = state.window[cutPoint(state, 0) - 1]?.seq ?? 0;
  if (sourceUpTo(state, upTo).length === 0)
    return refuse(
      "conflict",
      state.runs.size > 0
        ? "There is nothing to summarise before the messages that agents are still working on."
        : "There is nothing to summarise yet.",
    );
  ask(draft, { upTo, pin, by });
  return draft.accept();
}

function ask(draft: DecisionDraft, asked: { upTo: number; pin: AgentPin; by?: MemberId }): void {
  const summary = draft.newId("summary");
  draft.fact({ kind: "summary-asked", summary, ...asked });
  draft.effect({ kind: "summarize", summary, afterMs: 0 });
}

function canAskAgain({ spoiled, attempt }: Compaction): boolean {
  return spoiled === null && attempt < TURN_ATTEMPTS_MAX;
}

function askAgain(draft: DecisionDraft, asked: Compaction, afterMs: number): void {
  const { summary, upTo, pin, by } = asked;
  draft.fact({ kind: "summary-asked", summary, upTo, pin, ...(by && { by }) });
  draft.effect({ kind: "summarize", summary, afterMs });
}

/** Takes the outcome of the summary that is awaited: one that passes its check is told from now on. */
export function decideSummaryFinish(
  draft: DecisionDraft,
  { summary, outcome }: SummaryFinish,
): Decision {
  const { compaction, summary: before } = draft.state;
  if (compaction?.summary !== summary)
    return refuse("conflict", "Nobody waits for this summary any more.");
  if (!outcome.ok && outcome.lost && canAskAgain(compaction)) {
    askAgain(draft, compaction, compaction.attempt * RETRY_DELAY_MS);
    return draft.accept();
  }
  const { usage, cost } = outcome;
  const spent = { ...(usage && { usage }), ...(cost !== undefined && { cost }) };
  const checked = checkOutcome(draft, compaction, outcome);
  if (!checked.ok)
    return draft
      .fact({ kind: "summary-refused", summary, reason: checked.reason, ...spent })
      .accept();
  const version = (before?.version ?? 0) + 1;
  const { upTo } = compaction;
  return draft
    .fact({ kind: "summary-made", summary, version, upTo, ...checked.made, ...spent })
    .accept();
}

function checkOutcome(
  draft: DecisionDraft,
  { upTo, spoiled }: Compaction,
  outcome: SummaryFinish["outcome"],
) {
  if (!outcome.ok) return outcome;
  if (spoiled !== null) return { ok: false, reason: spoiled } as const;
  const checked = checkSummary(outcome.text, sourceOf(draft.state, upTo));
  if (!checked.ok) return checked;
  return { ok: true, made: { sections: checked.sections, model: outcome.model } } as const;
}

/** A member's own words as the summary; it goes on standing for the same messages. */
export function decideSummaryEdit(
  draft: DecisionDraft,
  by: MemberId,
  { sections }: CommandOf<"summary-edit">,
): Decision {
  const { state } = draft;
  const known = knownSeqs(state);
  const lines = sections.flatMap(({ bullets }) => bullets);
  const lost = lines.flatMap(({ rests }) => rests).find((message) => !known.has(message));
  if (lost)
    return refuse(
      "invalid_request",
      `A line rests on ${lost}, which was withdrawn or is neither in the summary nor among the messages since: take it out.`,
    );
  const version = (state.summary?.version ?? 0) + 1;
  const upTo = state.summary?.upTo ?? 0;
  const whole = { version, upTo, sections, seqs: Object.fromEntries(known) };
  const told = tellSummary({ ...whole, excluded: new Set(), tokens: Infinity });
  const tokens = estimateTokens(linesIn(told.text));
  const most = budgetOf(state).summary;
  if (tokens > most)
    return refuse(
      "too_large",
      `A summary may take ${most} tokens of every briefing here; this one has ${tokens}.`,
    );
  const summary = draft.newId("summary");
  return draft.fact({ kind: "summary-made", summary, version, upTo, sections, by }).accept();
}

/** After a restart: the summary that nobody makes any more is asked for again, or given up after too many attempts. */
export function recoverSummary(draft: DecisionDraft): void {
  const { compaction } = draft.state;
  if (!compaction) return;
  if (canAskAgain(compaction)) return askAgain(draft, compaction, 0);
  const { summary, spoiled } = compaction;
  const reason =
    spoiled ?? `The process died ${TURN_ATTEMPTS_MAX} times while this summary was made.`;
  draft.fact({ kind: "summary-refused", summary, reason });
}
