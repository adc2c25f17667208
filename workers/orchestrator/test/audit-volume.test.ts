// How much is recorded of what can be repeated at will, with time as a number.
import { describe, expect, it } from "vitest";

import { AuditVolume } from "../src/audit/audit-volume.ts";

const MINUTE_MS = 60_000;

describe("the same thing", () => {
  it("[AU5] is counted within its time, and the next entry says how often it was", () => {
    const volume = new AuditVolume();
    const take = (nowMs: number, key = "a") => volume.takeSame(key, nowMs, MINUTE_MS);
    expect(take(0)).toBe(0);
    for (const nowMs of [1, 2, 59_999]) expect(take(nowMs)).toBeUndefined();
    expect(take(3, "another")).toBe(0);
    expect(take(60_000)).toBe(3);
    expect(take(200_000)).toBe(0);
  });
});

describe("things of one kind", () => {
  it("[AU5] are recorded up to their share of a minute, and the next entry says how many were over it", () => {
    const volume = new AuditVolume();
    const taken = Array.from({ length: 100 }, (_, count) => volume.takeShare("a", count));
    expect(taken.filter((over) => over === 0)).toHaveLength(60);
    expect(taken.filter((over) => over === undefined)).toHaveLength(40);
    expect(volume.takeShare("another", 5)).toBe(0);
    expect(volume.takeShare("a", MINUTE_MS)).toBe(40);
    expect(volume.takeShare("a", MINUTE_MS)).toBe(0);
  });
});
