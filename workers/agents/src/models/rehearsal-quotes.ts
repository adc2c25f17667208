// How the rehearsal model speaks of what others said: by quoting whole lines, never by making up its own.
import { SEARCH_QUERY_MAX_CHARS } from "@acos/protocol";

import type { Line } from "./rehearsal-labels.ts";

/** A quoted line is cut here. */
const QUOTE_MAX_CHARS = 240;
/** Lines in a summary. */
const SUMMARY_LINES = 5;
/** Shorter lines carry nothing worth quoting. */
const LINE_MIN_CHARS = 15;
/** Words are compared by this many letters, so that "deploys" finds "deployment"; with a digit in it, by all. */
const STEM_CHARS = 5;
/** Lines looked at, newest last: enough for any briefing, and a bound on the work. */
const LINES_MAX = 20_000;

const COMMON = new Set(
  "the a an of to in on at is are was were be been it this that and or for with we you i he she they do did does has have had what which who whom whose when where why how our your my me us please can could will would should about from by as not no there here find search tell".split(
    " ",
  ),
);

/** The lines that share most words with the others, in their order. */
export function summarise(told: readonly Line[]): string {
  const lines = told.slice(-LINES_MAX).filter(({ text }) => text.length >= LINE_MIN_CHARS);
  if (lines.length === 0) return "There is nothing to summarise yet.";
  const frequency = new Map<string, number>();
  for (const { text } of lines)
    for (const stem of new Set(stemsOf(text))) frequency.set(stem, (frequency.get(stem) ?? 0) + 1);
  const scored = lines.map((line, index) => ({ line, index, score: weight(line.text, frequency) }));
  const best = scored.toSorted((a, b) => b.score - a.score).slice(0, SUMMARY_LINES);
  const quotes = best.toSorted((a, b) => a.index - b.index).map(({ line }) => `- ${quote(line)}`);
  return `What carries most of the discussion, quoted and not rephrased:\n${quotes.join("\n")}`;
}

/** A quoted line, and whether it holds all words that the question is about: then it is its answer, as far as rules can tell. */
export interface Closest {
  readonly quote: string;
  readonly isAnswer: boolean;
}

/** The line that fits a question best by its rarest words; undefined when none shares any. A question is never one. */
export function closestLine(question: string, told: readonly Line[]): Closest | undefined {
  const asked = new Set(stemsOf(question));
  const lines = told.slice(-LINES_MAX).filter(({ text }) => !text.endsWith("?"));
  const stems = lines.map(({ text, context }) => new Set(stemsOf(`${text} ${context}`)));
  const rarity = new Map(
    [...asked].map((stem) => [stem, Math.log(1 + lines.length / countWith(stems, stem))]),
  );
  let best: { index: number; score: number } | undefined;
  for (const index of lines.keys()) {
    let score = 0;
    for (const stem of asked) if (stems[index]?.has(stem)) score += rarity.get(stem) ?? 0;
    if (score > 0 && score >= (best?.score ?? 0)) best = { index, score };
  }
  const line = best && lines[best.index];
  if (best === undefined || line === undefined) return undefined;
  const isAnswer = [...asked].every((stem) => stems[best.index]?.has(stem));
  return { quote: quote(line), isAnswer };
}

/** The words of a question that say what it is about, to search by; empty when it has none. */
export function searchWords(question: string): string {
  const words = question.match(/[\p{L}\p{N}][\p{L}\p{N}_-]*/gu) ?? [];
  const telling = words.filter((word) => word.length > 1 && !COMMON.has(word.toLowerCase()));
  return telling.join(" ").slice(0, SEARCH_QUERY_MAX_CHARS);
}

/** Takes the wake-up out of mentions: a quoted `@ada` must not call Ada. */
export function withoutMentions(text: string): string {
  return text.replace(/(^|[^\w@])@(?=[a-z0-9])/gi, "$1");
}

function quote({ text, cite }: Line): string {
  const cut = text.length > QUOTE_MAX_CHARS ? `${text.slice(0, QUOTE_MAX_CHARS)}…` : text;
  return withoutMentions(cite === "" ? cut : `${cut} ${cite}`);
}

function stemsOf(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
  return words
    .filter((word) => !COMMON.has(word))
    .map((word) => (/\p{N}/u.test(word) ? word : word.slice(0, STEM_CHARS)));
}

function weight(line: string, frequency: ReadonlyMap<string, number>): number {
  const stems = stemsOf(line);
  const sum = stems.reduce((total, stem) => total + (frequency.get(stem) ?? 0), 0);
  return sum / Math.sqrt(stems.length + 3);
}

function countWith(stems: readonly ReadonlySet<string>[], stem: string): number {
  return stems.reduce((count, line) => count + (line.has(stem) ? 1 : 0), 0);
}
