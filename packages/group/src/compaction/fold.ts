// The fold of facts about summaries: what is asked for, what is told from now on, what is not told any more.
import type { EventOf, LogEvent, MessageId, SummaryView } from "@acos/protocol";

import { budgetOf } from "../briefing/budget.ts";
import { excludedOf } from "../briefing/pins.ts";
import { cutWindow, WITHDRAWN } from "../briefing/window.ts";
import type { Compaction, GroupState, Summary } from "../state.ts";
import { tellSummary } from "./render.ts";

type Change = Partial<GroupState>;
type Placed<E> = { readonly seq: number; readonly at: number; readonly event: E };

const EDITED = "A member wrote the summary anew while this one was made.";
const CHANGED = "A message that it was made from was changed, withdrawn or kept out meanwhile.";

/** A summary is being made; asked for again under the same id, it is one more attempt. */
export function foldAsked(
  state: GroupState,
  { seq, at, event }: Placed<EventOf<"summary-asked">>,
): Change {
  const { summary, upTo, pin, by = null } = event;
  const again = state.compaction?.summary === summary ? state.compaction : null;
  if (again) return { compaction: { ...again, attempt: again.attempt + 1 } };
  return {
    compaction: { summary, upTo, pin, by, attempt: 1, askedAt: at, askedAtSeq: seq, spoiled: null },
    triedTokens: state.windowTokens,
  };
}

/** Tells the summary from now on, in place of the messages it stands for. */
export function foldMade(state: GroupState, event: EventOf<"summary-made">): Change {
  const { summary, version, upTo, sections } = event;
  const cut = cutWindow(state, upTo);
  const seqs = seqsOf(state, sections);
  const made = state.compaction?.summary === summary;
  return {
    ...cut,
    summary: retold(state, { summary, version, upTo, sections, seqs, text: "", tokens: 0 }),
    ...(made
      ? { compaction: null, triedTokens: cut.windowTokens }
      : { compaction: spoil(state.compaction, EDITED) }),
  };
}

export function foldRefused(state: GroupState, event: EventOf<"summary-refused">): Change {
  return state.compaction?.summary === event.summary ? { compaction: null } : {};
}

/** A withdrawn message takes with it every line that rests on it: nobody can tell which of its words are in there. */
export function withoutMessage(state: GroupState, message: MessageId): Change {
  const { summary } = state;
  if (!summary || !(message in summary.seqs)) return {};
  const sections = summary.sections.map(({ section, bullets }) => ({
    section,
    bullets: bullets.filter(({ rests }) => !rests.includes(message)),
  }));
  const seqs = seqsOf(state, sections);
  return { summary: retold(state, { ...summary, sections, seqs }) };
}

/** The summary as it is told under the rules and the budget that this state has. */
export function retoldSummary(state: GroupState): Change {
  return state.summary ? { summary: retold(state, state.summary) } : {};
}

/** What a change of a message means for a summary that is being made from it. */
export function afterChange(state: GroupState, message: MessageId): Change {
  const { compaction, window, summary } = state;
  if (!compaction) return {};
  const used = window.some((entry) => entry.message === message && entry.seq <= compaction.upTo);
  const cited = summary !== null && message in summary.seqs;
  return used || cited ? { compaction: spoil(compaction, CHANGED) } : {};
}

/** The summary that an event of the log tells of; null for other events. Lines that rest on withdrawn messages are left out. */
export function viewSummary(
  { at, event }: LogEvent,
  isWithdrawn: (message: MessageId) => boolean = () => false,
): SummaryView | null {
  if (event.kind !== "summary-made") return null;
  const { kind: _, ...made } = event;
  return { ...made, sections: withoutLinesOf(made.sections, isWithdrawn), at };
}

/** A summary's sections without the lines that rest on withdrawn messages: they have words of them. */
export function withoutLinesOf(
  sections: SummaryView["sections"],
  isWithdrawn: (message: MessageId) => boolean,
): SummaryView["sections"] {
  return sections.map(({ section, bullets }) => ({
    section,
    bullets: bullets.filter(({ rests }) => !rests.some(isWithdrawn)),
  }));
}

function spoil(compaction: Compaction | null, reason: string): Compaction | null {
  return compaction && { ...compaction, spoiled: compaction.spoiled ?? reason };
}

function retold(state: GroupState, summary: Summary): Summary {
  const excluded = excludedOf(state.briefingRules);
  const told = tellSummary({ ...summary, excluded, tokens: budgetOf(state).summary });
  return { ...summary, ...told };
}

/** The seqs of all messages that the lines rest on, as far as they are known here. */
function seqsOf(state: GroupState, sections: Summary["sections"]): Summary["seqs"] {
  const known = knownSeqs(state);
  const seqs: Record<string, number> = {};
  for (const { bullets } of sections)
    for (const { rests } of bullets)
      for (const message of rests) {
        const seq = known.get(message);
        if (seq !== undefined) seqs[message] = seq;
      }
  return seqs;
}

/** The messages that a summary can rest on: those of the window and of the summary before, but not the withdrawn ones. */
export function knownSeqs({ window, summary }: GroupState): ReadonlyMap<string, number> {
  const known = new Map<string, number>(Object.entries(summary?.seqs ?? {}));
  for (const { message, seq, text } of window)
    if (text === WITHDRAWN) known.delete(message);
    else known.set(message, seq);
  return known;
}
