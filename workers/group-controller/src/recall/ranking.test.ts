// Tests of what a match is worth: rare words more than common ones, all words more than their sum, long texts less.
import { expect, it } from "vitest";

import { maskOf, mostOf, scoreOf } from "./message-match.ts";
import { parseQuery } from "./search-query.ts";
import { weigh } from "./term-weights.ts";
import { ADA, idOf } from "../../test/long-log.ts";

it("[F8] the rarer a term, the more it is worth; what every segment has is as common as at hand", () => {
  const terms = ["everywhere", "often", "sometimes", "rare", "unheard"];
  const asked = terms.map((term) => ({ term, extra: false }));
  const weights = weigh(asked, {
    messages: 1_000,
    having: [900, 20, 20, 0, 0],
    segments: 50,
    filters: [50, 50, 25, 1, 0],
  });
  expect(weights).toEqual(weights.toSorted((one, other) => one - other));
  expect(new Set(weights).size).toBe(5);
  const [everywhere, often] = weights as [number, number];
  expect(everywhere).toBeLessThan(0.2);
  expect(often).toBeGreaterThan(3);
});

it("[F8] the whole of an identifier is worth half, and no message misses it", () => {
  const query = parseQuery("main.ts");
  const counts = { messages: 9, having: [1, 1, 1], segments: 0, filters: [0, 0, 0] };
  const [main, ts, whole] = weigh(query.terms, counts) as [number, number, number];
  expect([main, whole]).toEqual([ts, ts / 2]);
  const most = (text: string) => mostOf(query, [main, ts, whole], maskOf(query, text));
  expect(most("see main.ts")).toBeCloseTo((main + ts + whole) * 1.2);
  expect(most("main of ts")).toBeCloseTo((main + ts) * 1.2);
  expect(most("main")).toBeCloseTo(main);
  expect(most("mains of tsk")).toBeCloseTo(main);
  expect(most("remain")).toBe(0);
});

it("[F8] a text past the usual length scores less for the same words", () => {
  const of = (length: number) =>
    scoreOf({ message: idOf("message", 1), seq: 1, at: 0, by: ADA, text: "x".repeat(length) }, 10);
  expect([of(1), of(600)]).toEqual([10, 10]);
  expect(of(1_200)).toBeCloseTo(10 / 1.1);
  expect(of(60_000)).toBeGreaterThan(5);
});
