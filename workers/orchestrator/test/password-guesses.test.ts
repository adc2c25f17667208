// The counting of wrong passwords, with time as a number.
import { describe, expect, it } from "vitest";

import { PasswordGuesses } from "../src/sign-in/password-guesses.ts";

const MINUTE_MS = 60_000;

/** Guesses wrong once; answers how long to wait instead where that is refused. */
function wrongAt(guesses: PasswordGuesses, address: string, nowMs: number): number {
  const guess = guesses.begin(address, nowMs);
  if (guess.may !== "guess") return guess.waitMs;
  guesses.end(address, "wrong", nowMs);
  return 0;
}

function afterFive(): PasswordGuesses {
  const guesses = new PasswordGuesses();
  for (let count = 0; count < 5; count += 1) expect(wrongAt(guesses, "a", count)).toBe(0);
  return guesses;
}

describe("wrong passwords", () => {
  it("[SI15] five pass, the sixth waits, each later one twice as long and never longer than ten minutes", () => {
    const guesses = afterFive();
    const waits: number[] = [];
    for (let count = 0, nowMs = 4; count < 7; count += 1) {
      const waitMs = wrongAt(guesses, "a", nowMs);
      waits.push(waitMs / 1000);
      nowMs += waitMs;
      expect(wrongAt(guesses, "a", nowMs)).toBe(0);
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 600, 600]);
  });

  it("[SI15] five spread over more than ten minutes are none too many", () => {
    const guesses = new PasswordGuesses();
    for (let count = 0; count < 12; count += 1)
      expect(wrongAt(guesses, "a", count * 3 * MINUTE_MS)).toBe(0);
  });

  it("[SI15] a right password, or ten quiet minutes after the wait, forget them", () => {
    const guesses = afterFive();
    expect(guesses.begin("a", 30_004)).toEqual({ may: "guess" });
    guesses.end("a", "right", 30_004);
    for (let count = 0; count < 5; count += 1) expect(wrongAt(guesses, "a", 30_005)).toBe(0);
    expect(wrongAt(guesses, "a", 30_005)).toBe(30_000);
    const quietMs = 60_005 + 10 * MINUTE_MS;
    for (let count = 0; count < 5; count += 1) expect(wrongAt(guesses, "a", quietMs)).toBe(0);
  });

  it("[SI15] another address never waits", () => {
    const guesses = afterFive();
    expect(wrongAt(guesses, "a", 5)).toBeGreaterThan(0);
    expect(guesses.begin("b", 5)).toEqual({ may: "guess" });
  });

  it("[SI16] guesses at the same moment count before they are wrong", () => {
    const guesses = new PasswordGuesses();
    const begun = Array.from({ length: 8 }, () => guesses.begin("a", 0).may);
    expect(begun).toEqual([...Array<string>(5).fill("guess"), "busy", "busy", "busy"]);
    guesses.end("a", "neither", 1);
    expect(guesses.begin("a", 1).may).toBe("guess");
    for (let count = 0; count < 5; count += 1) guesses.end("a", "wrong", 2);
    expect(guesses.begin("a", 2).may).toBe("wait");
    expect(guesses.begin("a", 30_002).may).toBe("guess");
    expect(guesses.begin("a", 30_002).may).toBe("busy");
    // That request broke off: its place is free again.
    expect(guesses.begin("a", 60_002).may).toBe("guess");
  });
});
