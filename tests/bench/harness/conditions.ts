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
  return { text: `${sum} D1, R2 and KV calls`, holds: sum === 0 };
}
