// The check of a summary: nothing that a model says is believed before it has passed.
import {
  estimateTokens,
  SUMMARY_BULLET_MAX_CHARS,
  SUMMARY_BULLETS_MAX,
  type MessageId,
  type SummaryBullet,
  type SummarySections,
} from "@acos/protocol";

import type { Summary, WindowEntry } from "../state.ts";
import { readCitations } from "./citations.ts";
import { IdentifierSource } from "./identifiers.ts";
import { parseSummary } from "./parse.ts";
import { linesIn, tellSummary } from "./render.ts";

/** What a summary is made from. */
export interface SummarySource {
  readonly messages: readonly Pick<WindowEntry, "message" | "seq" | "label" | "text" | "tokens">[];
  readonly previous: Pick<Summary, "text" | "seqs"> | null;
  readonly maxTokens: number;
}

export type CheckedSummary =
  | { readonly ok: true; readonly sections: SummarySections }
  | { readonly ok: false; readonly reason: string };

/** Messages that one line may rest on, as the wire has it. */
const RESTS_MAX = 50;
/** Characters of a line that a reason quotes. */
const QUOTE_CHARS = 80;

/** Reads and checks an answer. What it passes has every section and rests, line by line, on messages of its source. */
export function checkSummary(answer: string, source: SummarySource): CheckedSummary {
  const parsed = parseSummary(answer);
  if (!parsed.ok) return parsed;
  const known = knownMessages(source);
  const words = wordsOf(source);
  const own = ownLines(source);
  const sections: SummarySections = [];
  for (const { section, lines } of parsed.sections) {
    if (lines.length > SUMMARY_BULLETS_MAX)
      return refused(`“${section}” has ${lines.length} lines; ${SUMMARY_BULLETS_MAX} are allowed.`);
    const bullets: SummaryBullet[] = [];
    for (const line of lines) {
      const isOwn = own.has(line);
      const bullet = isOwn ? { text: line, rests: [] } : checkLine(line, known, words);
      if (typeof bullet === "string") return refused(`In “${section}”: ${bullet}`);
      bullets.push(bullet);
    }
    sections.push({ section, bullets });
  }
  const reason = sizeProblem(sections, source, known);
  return reason ? refused(reason) : { ok: true, sections };
}

/** Numbers that may be cited, with the messages they stand for. */
function knownMessages({ messages, previous }: SummarySource): ReadonlyMap<number, MessageId> {
  const known = new Map<number, MessageId>();
  for (const [message, seq] of Object.entries(previous?.seqs ?? {}))
    known.set(seq, message as MessageId);
  for (const { message, seq } of messages) known.set(seq, message);
  return known;
}

/** Lines of the summary before that a member wrote and that rest on nothing: they may be carried over as they are. */
function ownLines({ previous }: SummarySource): ReadonlySet<string> {
  const lines = linesIn(previous?.text ?? "").split("\n");
  const texts = lines.flatMap((line) => (line.startsWith("- ") ? line.slice(2) : []));
  return new Set(texts.filter((text) => readCitations(text, () => true).atEnd.length === 0));
}

function wordsOf({ messages, previous }: SummarySource): IdentifierSource {
  const texts = messages.flatMap(({ label, text }) => [label, text]);
  return new IdentifierSource([...texts, linesIn(previous?.text ?? "")]);
}

/** The line with the messages it rests on, or words about what is wrong with it. */
function checkLine(
  line: string,
  known: ReadonlyMap<number, MessageId>,
  words: IdentifierSource,
): SummaryBullet | string {
  if (line.length > SUMMARY_BULLET_MAX_CHARS * 2) return `a line is too long: ${quote(line)}`;
  const { text, atEnd, inside } = readCitations(line, (seq) => known.has(seq));
  if (atEnd.length === 0) return `a line does not say which messages it rests on: ${quote(line)}`;
  const invented = atEnd.find((seq) => !known.has(seq));
  if (invented !== undefined)
    return `a line rests on #${invented}, which is none of the messages it was made from: ${quote(line)}`;
  if (text === "") return `a line says nothing: ${quote(line)}`;
  if (text.length > SUMMARY_BULLET_MAX_CHARS) return `a line is too long: ${quote(line)}`;
  const missing = words.missing(text);
  if (missing !== null)
    return `a line speaks of ${quote(missing)}, which the messages it was made from do not have: ${quote(line)}`;
  const seqs = new Set([...atEnd, ...inside.filter((seq) => known.has(seq))]);
  if (seqs.size > RESTS_MAX)
    return `a line rests on more than ${RESTS_MAX} messages: ${quote(line)}`;
  return { text, rests: Array.from(seqs, (seq) => known.get(seq)!) };
}

function sizeProblem(
  sections: SummarySections,
  { messages, previous, maxTokens }: SummarySource,
  known: ReadonlyMap<number, MessageId>,
): string | null {
  if (sections.every(({ bullets }) => bullets.length === 0)) return "It is empty.";
  const seqs = Object.fromEntries(Array.from(known, ([seq, message]) => [message, seq]));
  const whole = { version: 1, upTo: 0, sections, seqs, excluded: new Set<string>() };
  const lines = linesIn(tellSummary({ ...whole, tokens: Infinity }).text);
  const tokens = estimateTokens(lines);
  const before = estimateTokens(linesIn(previous?.text ?? ""));
  const replaced = messages.reduce((sum, each) => sum + each.tokens, before);
  if (tokens > replaced)
    return `It is longer than what it replaces: ${tokens} tokens for ${replaced}.`;
  return tokens > maxTokens ? `It has ${tokens} tokens; ${maxTokens} are allowed.` : null;
}

function refused(reason: string): CheckedSummary {
  return { ok: false, reason };
}

function quote(text: string): string {
  const short = text.length > QUOTE_CHARS ? `${text.slice(0, QUOTE_CHARS)}…` : text;
  return `“${short.replace(/\s+/g, " ")}”`;
}
