// Conditions of goals: one figure, or two set against each other, and whether that holds.
import { bestPeer, medianOf, type ContenderName, type Figure } from "./figures.ts";
import { FIGURES } from "./names.ts";
import { readable } from "./statistics.ts";

/** One condition of a goal; undefined where a figure that it needs is missing. */
export interface Condition {
  readonly text: string;
  readonly holds: boolean | undefined;
}

const ours: ContenderName = "acos";

/** A condition whose figure is not there. */
export function missing(what: string): Condition {
  return { text: `${what}: not measured`, holds: undefined };
}

interface RatioBound {
  readonly name: string;
  readonly against: ContenderName | "best peer";
  /** Met when our figure is at most (or, with `atLeast`, at least) this many times the other's. */
  readonly bound: number;
  readonly atLeast?: boolean;
}

/** Our median as a multiple of the other's. */
export function ratio(figures: readonly Figure[], { name, against, bound, atLeast }: RatioBound) {
  const mine = medianOf(figures, name, ours);
  const best = bestPeer(figures, name, atLeast ? "higher" : "lower");
  const peer = against === "best peer" ? best?.peer : against;
  const other = against === "best peer" ? best?.value : medianOf(figures, name, against);
  if (mine === undefined || other === undefined) return missing(`against ${against}`);
  // Overheads near zero are within the clock's noise: a ratio of them would say nothing.
  if (other <= 0) return missing(`against ${peer}, whose overhead is within the noise`);
  const times = mine / other;
  const holds = atLeast ? times >= bound : times <= bound;
  return { text: `${readable(times)} × ${peer}`, holds };
}

interface ValueBound {
  readonly name: string;
  readonly max?: number;
  readonly min?: number;
  readonly unit: string;
}

/** Our own median against bounds. */
export function value(figures: readonly Figure[], { name, max, min, unit }: ValueBound): Condition {
  const mine = medianOf(figures, name, ours);
  if (mine === undefined) return missing(name);
  const holds = mine <= (max ?? Number.POSITIVE_INFINITY) && mine >= (min ?? 0);
  return { text: `${readable(mine)} ${unit}`.trim(), holds };
}

/** The other way round: how many times faster than the other we are. */
export function faster(
  figures: readonly Figure[],
  name: string,
  against: ContenderName,
  bound: number,
) {
  const mine = medianOf(figures, name, ours);
  const other = medianOf(figures, name, against);
  if (mine === undefined || other === undefined) return missing(`against ${against}`);
  const times = other / Math.max(mine, 0.1);
  return { text: `${readable(times)} × faster than ${against}`, holds: times >= bound };
}

/** Either is enough: an absolute bound, or a multiple of the bare room. */
export function firstTokenLimit(figures: readonly Figure[]): Condition {
  const name = FIGURES.firstTokenMs(1);
  const mine = medianOf(figures, name, ours);
  const bare = medianOf(figures, name, "bare-room");
  if (mine === undefined) return missing(name);
  const times = bare !== undefined && bare > 0 ? mine / bare : undefined;
  const words = times === undefined ? "" : `, ${readable(times)} × bare room`;
  return { text: `${readable(mine)} ms${words}`, holds: mine <= 4.5 || (times ?? 99) <= 8 };
}

/** What a watcher receives for a turn after a long history, against none. */
export function constantBytes(figures: readonly Figure[]): Condition {
  const depths = figures
    .filter(({ name, contender }) => contender === ours && name.startsWith("watchers:"))
    .map(({ samples }) => samples[0] ?? 0);
  const [none, long] = depths;
  if (none === undefined || long === undefined) return missing("bytes a watcher receives");
  const times = long / none;
  return {
    text: `${readable(times)} × (${readable(none)} → ${readable(long)} B)`,
    holds: times <= 1.05,
  };
}

/** Every count of D1, R2 and KV calls on the hot path must be there, and 0. */
export function noDatabaseReads(figures: readonly Figure[]): Condition {
  const counts = figures.filter(({ name }) =>
    /^hotpath-reads: (D1|R2|KV) calls, (?!until warm)/.test(name),
  );
  if (counts.length < 6) return missing("counts of D1, R2 and KV calls");
  const sum = counts.reduce((total, { samples }) => total + (samples[0] ?? 0), 0);
  return { text: `${sum} D1, R2 and KV calls on the way`, holds: sum === 0 };
}

/** Tells what was moved to R2 while the hot path was counted: old events are, and it is no part of the bound. */
export function movedBeside(figures: readonly Figure[]): Condition {
  const calls = medianOf(figures, FIGURES.movingCalls, ours);
  const each = medianOf(figures, FIGURES.movingCallsPerThousand, ours);
  if (calls === undefined || each === undefined) return missing("calls that move old events");
  const words = `${readable(calls)} R2 calls moved old events (${readable(each)} for 1,000 events)`;
  return { text: words, holds: calls > 0 ? true : undefined };
}

interface FlatBound {
  readonly what: string;
  /** Met when the longest group's median is at most this many times the one of 5,000 messages. */
  readonly bound: number;
  readonly unit: string;
}

/** What is measured of a group of 5,000 messages and of the longest one, set against each other. */
export function flat(figures: readonly Figure[], { what, bound, unit }: FlatBound): Condition {
  const base = medianOf(figures, FIGURES.context(what, BASE_MESSAGES), ours);
  const longest = longestOf(figures, what);
  if (base === undefined || longest === undefined || longest.messages <= BASE_MESSAGES)
    return missing(what);
  const times = longest.median / base;
  const words = `${readable(base)} → ${readable(longest.median)} ${unit}`;
  return { text: `${readable(times)} × (${words})`, holds: times <= bound };
}

/** The length that others are set against. */
const BASE_MESSAGES = 5_000;

/** The same of the longest group alone, against bounds. */
export function atLongest(
  figures: readonly Figure[],
  { name: what, max, min, unit }: ValueBound,
): Condition {
  const longest = longestOf(figures, what);
  if (longest === undefined) return missing(what);
  return value(figures, {
    name: FIGURES.context(what, longest.messages),
    unit,
    ...(max !== undefined && { max }),
    ...(min !== undefined && { min }),
  });
}

function longestOf(figures: readonly Figure[], what: string) {
  const lengths = figures.flatMap(({ name, contender }) => {
    const messages = Number(/, at (\d+) messages$/.exec(name)?.[1] ?? 0);
    return contender === ours && name === FIGURES.context(what, messages) ? [messages] : [];
  });
  const messages = Math.max(0, ...lengths);
  const found = medianOf(figures, FIGURES.context(what, messages), ours);
  return found === undefined ? undefined : { messages, median: found };
}

/** The least of a figure over all lengths. */
export function leastAtAnyLength(
  figures: readonly Figure[],
  { name: what, min = 0, unit }: ValueBound,
): Condition {
  const samples = figures
    .filter(({ name, contender }) => contender === ours && name.startsWith(`context: ${what}, at`))
    .flatMap((figure) => figure.samples);
  if (samples.length === 0) return missing(what);
  const least = Math.min(...samples);
  return { text: `${readable(least)} ${unit} at least`, holds: least >= min };
}
