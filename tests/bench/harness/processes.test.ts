// Reading /proc: the form of a line and the shape of a tree.
import { describe, expect, it } from "vitest";

import { parseStat, treeOf, type ProcessStat } from "./processes.ts";

function lineOf(name: string): string {
  const fields = ["S", "41", "42", "42", "0", "-1", "0", "0", "0", "0", "0", "250", "50", "9", "9"];
  return `42 (${name}) ${[...fields, "20", "0", "1", "0", "12345", "0", "0"].join(" ")}`;
}

const row = (pid: number, parent: number): ProcessStat => ({
  pid,
  parent,
  cpuSeconds: 1,
  startedAt: 0,
});

describe("processes", () => {
  it("[B8] reads a line whose name holds spaces and brackets", () => {
    const expected = { pid: 42, parent: 41, cpuSeconds: 3, startedAt: 123.45 };
    expect(parseStat(lineOf("node"))).toEqual(expected);
    expect(parseStat(lineOf("a (b) 7 8) c"))).toEqual(expected);
    expect(() => parseStat("")).toThrow(RangeError);
  });

  it("[B8] finds children that are listed before their parents", () => {
    const all = [row(5, 4), row(4, 2), row(2, 1), row(3, 1), row(6, 3)];
    expect(treeOf(all, [2]).map(({ pid }) => pid)).toEqual([5, 4, 2]);
    expect(treeOf(all, [])).toEqual([]);
  });
});
