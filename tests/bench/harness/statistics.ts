// The pure arithmetic of the benchmarks: what a list of samples comes to, and the order in which contenders take turns.

/** What samples come to: the middle one, and how far they were spread. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** The value below which a share of the samples lies (nearest rank). Throws RangeError when there is no sample. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  const value = sorted[rank - 1];
  if (value === undefined) throw new RangeError("no samples: a percentile of nothing has no value");
  return value;
}

/** The middle sample; of an even number the mean of the two in the middle. Throws RangeError when there is none. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined)
    throw new RangeError("no samples: a median of nothing has no value");
  return (lower + upper) / 2;
}

/** Median with minimum and maximum. Throws RangeError when there is no sample. */
export function spread(samples: readonly number[]): Spread {
  return {
    median: median(samples),
    min: Math.min(...samples),
    max: Math.max(...samples),
    count: samples.length,
  };
}

/** A copy in random order (Fisher–Yates); `random` gives numbers from 0 up to, not including, 1. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const pick = Math.floor(random() * (last + 1));
    [mixed[last], mixed[pick]] = [mixed[pick] as T, mixed[last] as T];
  }
  return mixed;
}

/** A number as a person reads it: three significant digits, thousands apart. Does not round counts below 1,000. */
export function readable(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1000) return String(value);
  if (size >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(size < 1 ? 2 : 3)));
}

/** `median [min–max]`, or the one value alone where there is just one or all are equal. */
export function readableSpread(samples: readonly number[]): string {
  if (samples.length === 0) return "–";
  const { median: middle, min, max } = spread(samples);
  if (min === max) return readable(middle);
  return `${readable(middle)} [${readable(min)}–${readable(max)}]`;
}
