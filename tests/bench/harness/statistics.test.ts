// The arithmetic of the benchmarks.
import { describe, expect, it } from "vitest";

import { seededRandom } from "./rounds.ts";
import { median, percentile, readable, readableSpread, shuffled, spread } from "./statistics.ts";

describe("statistics", () => {
  it("[B1] takes the middle sample, or the mean of the two in the middle", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 2, 9])).toBe(3);
    expect(() => median([])).toThrow(RangeError);
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, count: 3 });
  });

  it("[B2] answers a percentile that was measured", () => {
    const samples = Array.from({ length: 20 }, (_, index) => index + 1);
    expect(percentile(samples, 0.95)).toBe(19);
    expect(percentile([7], 0.95)).toBe(7);
    expect(percentile([1, 100], 0.5)).toBe(1);
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });

  it("[B3] shuffles without losing or doubling anything, the same way for the same seed", () => {
    const items = ["a", "b", "c", "d", "e"];
    const once = shuffled(items, seededRandom(7));
    expect(once.toSorted()).toEqual(items);
    expect(shuffled(items, seededRandom(7))).toEqual(once);
    const orders = new Set(
      Array.from({ length: 20 }, (_, seed) => shuffled(items, seededRandom(seed)).join("")),
    );
    expect(orders.size).toBeGreaterThan(5);
  });

  it("writes numbers as a reader wants them", () => {
    expect(readable(12_345.6)).toBe("12,346");
    expect(readable(2.34159)).toBe("2.34");
    expect(readable(0.0412)).toBe("0.041");
    expect(readableSpread([1, 2, 9])).toBe("2 [1–9]");
    expect(readableSpread([4, 4])).toBe("4");
    expect(readableSpread([])).toBe("–");
  });
});
