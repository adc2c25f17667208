// The shares of a day: counted by group, used up with words, new at midnight, remembered by the next host.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { makeId, ProblemError } from "@acos/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { DayMeter, type DayShares } from "./day-meter.ts";

const GROUP = makeId("group", 1, new Uint8Array(10));
const OTHER = makeId("group", 2, new Uint8Array(10));
const NONE: DayShares = { cpuSeconds: null, memoryGibHours: null, egressMib: null };
const USE = { cpuMs: 0, memoryMibMs: 0, egressBytes: 0 };
const EVENING = Date.parse("2026-11-27T23:00:00Z");
const HOUR_MS = 60 * 60_000;

let folder: string;
let nowMs: number;
let failures: Error[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "acos-day-"));
  nowMs = EVENING;
  failures = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (shares: Partial<DayShares>, path = join(folder, "day.json")) =>
  new DayMeter({
    shares: { ...NONE, ...shares },
    path,
    now: () => nowMs,
    failed: (error) => failures.push(error),
  });

describe("a day's share", () => {
  it.each([
    ["cpuSeconds", { cpuMs: 1_000 }, "10 seconds of CPU time"],
    ["memoryGibHours", { memoryMibMs: 1_024 * HOUR_MS }, "10 GiB-hours of memory"],
    ["egressMib", { egressBytes: 1024 * 1024 }, "10 MiB of connections"],
  ] as const)(
    "[S30] of %s is one group's, and is used up by exactly that much",
    (name, one, words) => {
      const meter = open({ [name]: 10 });
      for (let count = 0; count < 9; count += 1) meter.add(GROUP, { ...USE, ...one });
      expect(meter.usedUp(GROUP)).toBeNull();
      meter.requireLeft(GROUP);
      meter.add(GROUP, { ...USE, ...one });
      expect(meter.usedUp(GROUP)).toContain(words);
      expect(meter.usedUp(OTHER)).toBeNull();
      expect(() => meter.requireLeft(GROUP)).toThrow(ProblemError);
    },
  );

  it("[S30] that is used up is refused until midnight UTC, and is new then", () => {
    const meter = open({ cpuSeconds: 1 });
    meter.add(GROUP, { ...USE, cpuMs: 1_000 });
    try {
      meter.requireLeft(GROUP);
      expect.unreachable();
    } catch (error) {
      const { problem } = error as ProblemError;
      expect(problem).toMatchObject({ code: "quota_exceeded", retryAfterMs: HOUR_MS });
    }
    nowMs += HOUR_MS - 1;
    expect(meter.usedUp(GROUP)).not.toBeNull();
    nowMs += 1;
    expect(meter.usedUp(GROUP)).toBeNull();
  });

  it("[S30] is without limit where the operator named none, and none at all where it is 0", () => {
    const free = open({});
    free.add(GROUP, { cpuMs: 1e12, memoryMibMs: 1e18, egressBytes: 1e15 });
    expect(free.usedUp(GROUP)).toBeNull();
    expect(open({ egressMib: 0 }).usedUp(GROUP)).toContain("0 MiB");
  });
});

describe("what was counted", () => {
  it("[S30] is remembered by the next host, written at most every five seconds and at the end", () => {
    const first = open({ cpuSeconds: 2 });
    first.add(GROUP, { ...USE, cpuMs: 1_000 });
    first.save();
    first.add(GROUP, { ...USE, cpuMs: 1_000 });
    nowMs += 4_999;
    first.save();
    expect(open({ cpuSeconds: 2 }).usedUp(GROUP)).toBeNull();
    nowMs += 1;
    first.save();
    expect(open({ cpuSeconds: 2 }).usedUp(GROUP)).not.toBeNull();
    first.add(OTHER, { ...USE, cpuMs: 2_000 });
    first.save(true);
    expect(open({ cpuSeconds: 2 }).usedUp(OTHER)).not.toBeNull();
    nowMs += HOUR_MS;
    expect(open({ cpuSeconds: 2 }).usedUp(OTHER)).toBeNull();
  });

  it("[S30] a file that is damaged or cannot be written ends nothing", () => {
    writeFileSync(join(folder, "day.json"), "{");
    expect(open({ cpuSeconds: 1 }).usedUp(GROUP)).toBeNull();
    const nowhere = open({ cpuSeconds: 1 }, join(folder, "missing", "day.json"));
    nowhere.add(GROUP, { ...USE, cpuMs: 1_000 });
    nowhere.save(true);
    expect(failures).toHaveLength(1);
    expect(nowhere.usedUp(GROUP)).not.toBeNull();
  });
});
