// Tests of the filter: nothing that is there is missed, little that is not there seems to be, no damage is taken in.
import { expect, it } from "vitest";

import { TermFilter } from "./term-filter.ts";

const words = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

it("[F2] has every term that was put in, and at most one in a hundred others", () => {
  for (const count of [1, 10, 700, 8_000]) {
    const filter = TermFilter.of(words("term", count));
    expect(words("term", count).every((term) => filter.has(term))).toBe(true);
    const wrong = words("other", 20_000).filter((term) => filter.has(term)).length;
    expect(wrong / 20_000, `${count} terms`).toBeLessThanOrEqual(0.01);
  }
});

it("[F2] bigrams of CJK spread as well as Latin words", () => {
  const pair = (index: number) =>
    String.fromCharCode(0x4e00 + (index % 400), 0x5e00 + Math.floor(index / 400));
  const filter = TermFilter.of(Array.from({ length: 5_000 }, (_, index) => pair(index)));
  const wrong = Array.from({ length: 20_000 }, (_, index) => pair(index + 5_000)).filter((term) =>
    filter.has(term),
  );
  expect(wrong.length / 20_000).toBeLessThanOrEqual(0.01);
});

it("[F2] the same terms give the same bytes in any order, and bytes give the same filter", () => {
  const bytes = TermFilter.of(words("a", 500)).toBytes();
  expect(TermFilter.of(words("a", 500).toReversed()).toBytes()).toEqual(bytes);
  expect(TermFilter.parse(bytes).toBytes()).toEqual(bytes);
  expect(bytes.length).toBe(10 + 625);
  const inside = new Uint8Array(bytes.length + 7);
  inside.set(bytes, 5);
  expect(TermFilter.parse(inside.subarray(5, 5 + bytes.length)).has("a499")).toBe(true);
});

it("[F2] a filter of nothing has nothing", () => {
  const empty = TermFilter.parse(TermFilter.of([]).toBytes());
  expect(empty.has("")).toBe(false);
  expect(empty.has("a")).toBe(false);
});

it("[F2] bytes that are no filter are refused", () => {
  const good = TermFilter.of(words("a", 3)).toBytes();
  const changed = (place: number, value: number) => good.with(place, value);
  const bad: [string, Uint8Array][] = [
    ["nothing", new Uint8Array()],
    ["short", good.subarray(0, 9)],
    ["another version", changed(0, 2)],
    ["other hashes", changed(1, 200)],
    ["other bits", changed(5, 31)],
    ["other terms", changed(9, 4)],
    ["truncated", good.subarray(0, -1)],
    ["with more", new Uint8Array([...good, 0])],
    ["bits past the end", changed(good.length - 1, good.at(-1)! | 128)],
  ];
  for (const [name, bytes] of bad) expect(() => TermFilter.parse(bytes), name).toThrow(RangeError);
});
