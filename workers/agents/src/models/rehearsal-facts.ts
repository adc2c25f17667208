// What the rehearsal model takes from a transcript for a summary: whole lines, each in the section that its form tells.
import type { SummarySection } from "@acos/protocol";

import { readLabelled, splitCitation, type LabelledMessage } from "./rehearsal-labels.ts";

/** How surely a line is worth keeping. A member's own line of a summary is kept before all. */
export const RANK = { chatter: 0, implied: 1, explicit: 2, own: 3 } as const;

/** A line for a summary. */
export interface Fact {
  readonly section: SummarySection;
  readonly text: string;
  /** Numbers of the messages it rests on, oldest first; none for a member's own line. */
  readonly seqs: readonly number[];
  readonly rank: (typeof RANK)[keyof typeof RANK];
}

type Kind = Pick<Fact, "section" | "rank">;

/** Shorter lines say nothing without what stands around them. */
const CHATTER_MIN_CHARS = 15;
/** A line is cut here, between two words: an identifier stays whole or goes. */
const FACT_MAX_CHARS = 300;

/** First match wins: what somebody marked, then what only looks like it. */
const PATH = /(?:^|\s)(?:[.~]?\/[\w.-]+|[\w.-]+(?:\/[\w.-]+)*\/[\w.-]+\.\w{1,5}\b)/;
const FORMS: readonly (readonly [RegExp, Kind])[] = [
  // What the model says of itself.
  [/\brehearsal model\b/, { section: "Current state", rank: RANK.chatter }],
  [
    /^(?:goals?|aim)\s*[:=]|^(?:our|the) (?:goal|aim) is\b/i,
    { section: "Goals", rank: RANK.explicit },
  ],
  [/^(?:decision|decided|agreed)\s*[:=]/i, { section: "Decisions", rank: RANK.explicit }],
  [
    /^(?:please )?remember\b|^(?:fact|note|important)\s*[:=]/i,
    { section: "Current state", rank: RANK.explicit },
  ],
  [/\bwe(?:'ve| have)? (?:decided|agreed|chose)\b/i, { section: "Decisions", rank: RANK.implied }],
  [/\?$/, { section: "Open questions", rank: RANK.implied }],
  [/\bwe (?:want|aim) to\b/i, { section: "Goals", rank: RANK.implied }],
  [/https?:\/\/\S|`[^`]+`/, { section: "Artifacts", rank: RANK.implied }],
  [PATH, { section: "Artifacts", rank: RANK.implied }],
  [/\bthe\b.{1,80}?\b(?:is|are)\b/i, { section: "Current state", rank: RANK.implied }],
];

/** The kind of a line, by its form alone. */
export function kindOf(text: string): Kind {
  const form = FORMS.find(([pattern]) => pattern.test(text));
  return form === undefined ? { section: "Current state", rank: RANK.chatter } : form[1];
}

/** Lines of labelled messages that may stand in a summary, in their order. */
export function factsIn(transcript: string): readonly Fact[] {
  const { messages } = readLabelled(transcript);
  const spokeLast = new Map(messages.map(({ handle, seq }) => [handle, seq]));
  return messages.flatMap((message) =>
    message.lines.flatMap((line) => factOf(line, message, spokeLast)),
  );
}

function factOf(
  line: string,
  { seq, isAgent }: LabelledMessage,
  spokeLast: ReadonlyMap<string, number>,
): readonly Fact[] {
  const bare = line.trim();
  // What an agent quotes or reports is somebody else's line.
  if (isAgent && /^[>`~]/.test(bare)) return [];
  const text = apart(cut(splitCitation(bare.replace(/^(?:[>-] +)+/, "")).text));
  const [, addressee = "", said = ""] = /^(?:@([a-z0-9-]+)[,:]?\s+)?([\s\S]*)$/.exec(text) ?? [];
  const kind = kindOf(said);
  if (said.length < (kind.rank === RANK.chatter ? CHATTER_MIN_CHARS : 2)) return [];
  if (isAgent && kind.rank === RANK.chatter) return [];
  // A question to somebody who has spoken since is settled, as far as rules can tell.
  const isAnswered = (spokeLast.get(addressee) ?? 0) > seq;
  if (kind.section === "Open questions" && isAnswered) return [];
  return [{ ...kind, text: said, seqs: [seq] }];
}

function cut(text: string): string {
  if (text.length <= FACT_MAX_CHARS) return text;
  const head = text.slice(0, FACT_MAX_CHARS + 1).replace(/\s*\S*$/, "");
  // Half a piece of code would be code that nobody wrote.
  return head.split("`").length % 2 === 1 ? head : head.slice(0, head.lastIndexOf("`")).trim();
}

/** Keeps a number at the end of a line apart from the citation that follows: it is what the line says. */
function apart(text: string): string {
  return /(?:[[(]#?\d[^\])]*[\])]|\s#\d+)[.;]?$/.test(text) ? `${text} —` : text;
}
