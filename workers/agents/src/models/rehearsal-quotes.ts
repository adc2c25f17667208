// How the rehearsal model speaks of what others said: by quoting whole lines, never by making up its own.

/** A quoted line is cut here. */
const QUOTE_MAX_CHARS = 240;
/** Lines in a summary. */
const SUMMARY_LINES = 5;
/** Shorter lines carry nothing worth quoting. */
const LINE_MIN_CHARS = 15;
/** Words are compared by this many letters, so that "deploys" finds "deployment". */
const STEM_CHARS = 5;
/** Lines looked at, newest last: enough for any briefing, and a bound on the work. */
const LINES_MAX = 2_000;

const COMMON = new Set(
  "the a an of to in on at is are was were be it this that and or for with we you i he she they do did does what which who when why how where our your my me us please can could would should about from by as not no".split(
    " ",
  ),
);

/** The lines that share most words with the others, in their order. */
export function summarise(texts: readonly string[]): string {
  const lines = linesOf(texts).filter((line) => line.length >= LINE_MIN_CHARS);
  if (lines.length === 0) return "There is nothing to summarise yet.";
  const frequency = new Map<string, number>();
  for (const line of lines)
    for (const stem of new Set(stemsOf(line))) frequency.set(stem, (frequency.get(stem) ?? 0) + 1);
  const scored = lines.map((line, index) => ({ line, index, score: weight(line, frequency) }));
  const best = scored.toSorted((a, b) => b.score - a.score).slice(0, SUMMARY_LINES);
  const quotes = best.toSorted((a, b) => a.index - b.index).map(({ line }) => `- ${quote(line)}`);
  return `What carries most of the discussion, quoted and not rephrased:\n${quotes.join("\n")}`;
}

/** The line that answers a question best by its rarest words; undefined when none shares any. */
export function closestLine(question: string, texts: readonly string[]): string | undefined {
  const asked = new Set(stemsOf(question));
  const lines = linesOf(texts).filter((line) => line !== question.trim());
  const stems = lines.map((line) => new Set(stemsOf(line)));
  let best: { line: string; score: number } | undefined;
  for (const [index, line] of lines.entries()) {
    let score = 0;
    for (const stem of asked)
      if (stems[index]?.has(stem)) score += Math.log(1 + lines.length / countWith(stems, stem));
    if (score > 0 && score >= (best?.score ?? 0)) best = { line, score };
  }
  return best && quote(best.line);
}

/** Takes the wake-up out of mentions: a quoted `@ada` must not call Ada. */
export function withoutMentions(text: string): string {
  return text.replace(/(^|[^\w@])@(?=[a-z0-9])/gi, "$1");
}

function quote(line: string): string {
  const cut = line.length > QUOTE_MAX_CHARS ? `${line.slice(0, QUOTE_MAX_CHARS)}…` : line;
  return withoutMentions(cut);
}

function linesOf(texts: readonly string[]): readonly string[] {
  const lines = texts.flatMap((text) => text.split("\n")).map((line) => line.trim());
  return lines.filter((line) => line !== "").slice(-LINES_MAX);
}

function stemsOf(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
  return words.filter((word) => !COMMON.has(word)).map((word) => word.slice(0, STEM_CHARS));
}

function weight(line: string, frequency: ReadonlyMap<string, number>): number {
  const stems = stemsOf(line);
  const sum = stems.reduce((total, stem) => total + (frequency.get(stem) ?? 0), 0);
  return sum / Math.sqrt(stems.length + 3);
}

function countWith(stems: readonly ReadonlySet<string>[], stem: string): number {
  return stems.reduce((count, line) => count + (line.has(stem) ? 1 : 0), 0);
}
