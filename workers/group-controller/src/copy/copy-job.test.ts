// Tests of copying: any crash, any slowness, any source; the copy is exactly the events up to where it was asked for.
import { ProblemError, problem, type LogEvent } from "@acos/protocol";
import { expect, it } from "vitest";

import { smallLog } from "../../test/bundle-bytes.ts";
import { stepCopy, type CopyOutcome, type CopyPort } from "./copy-job.ts";

const SOURCE = smallLog(40).events;

class Crash extends Error {}

/** A copy whose process dies before or after the call with a given number; what was committed stays. */
class FakeCopy implements CopyPort {
  readonly log: LogEvent[] = [];
  readonly pages: number[] = [];
  readonly told: string[] = [];
  finishes = 0;
  clock = 0;
  calls = 0;
  source: readonly LogEvent[] = SOURCE;
  readonly #upTo: number;
  readonly #crashAt: number;

  constructor(upTo: number, crashAt = Number.POSITIVE_INFINITY) {
    this.#upTo = upTo;
    this.#crashAt = crashAt;
  }

  head(): number {
    return this.#call(() => this.log.length);
  }
  async page(after: number): Promise<readonly LogEvent[]> {
    return this.#call(() => {
      this.pages.push(after);
      this.clock += 1_000;
      return this.source.slice(after, after + 6);
    });
  }
  take(events: readonly LogEvent[]): void {
    this.#call(() => {
      if (events[0]?.seq !== this.log.length + 1) throw new RangeError("a hole");
      this.log.push(...events);
    });
  }
  async prepare(): Promise<void> {
    this.#call(() => undefined);
  }
  finish(): void {
    this.#call(() => {
      this.finishes += 1;
      this.log.push({ ...SOURCE[0]!, seq: this.#upTo + 1 });
    });
  }
  progress(done: number, total: number): void {
    this.#call(() => this.told.push(`${done}/${total}`));
  }
  now(): number {
    return this.#call(() => this.clock);
  }

  /** Dies before the call's work where its number is even, after it where it is odd. */
  #call<T>(work: () => T): T {
    const place = this.calls;
    this.calls += 2;
    if (place === this.#crashAt) throw new Crash();
    const done = work();
    if (place + 1 === this.#crashAt) throw new Crash();
    return done;
  }
}

async function toTheEnd(
  copy: FakeCopy,
  upTo: number,
): Promise<{ outcome: CopyOutcome; crashes: number; steps: number }> {
  let [crashes, steps] = [0, 0];
  for (;;) {
    steps += 1;
    try {
      const outcome = await stepCopy(copy, upTo);
      if (outcome.state !== "again") return { outcome, crashes, steps };
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      crashes += 1;
    }
  }
}

it("[Y6] copies exactly the events up to where it was asked for, then finishes once", async () => {
  for (const upTo of [1, 5, 6, 7, SOURCE.length]) {
    const copy = new FakeCopy(upTo);
    expect((await toTheEnd(copy, upTo)).outcome).toEqual({ state: "done" });
    expect(copy.log.slice(0, -1)).toEqual(SOURCE.slice(0, upTo));
    expect(copy.finishes).toBe(1);
    expect(copy.told.at(-1)).toBe(`${upTo}/${upTo}`);
    expect((await toTheEnd(copy, upTo)).outcome).toEqual({ state: "done" });
    expect(copy.finishes).toBe(1);
  }
});

it("[Y6] a crash at every place loses nothing and doubles nothing", async () => {
  const upTo = 20;
  const whole = new FakeCopy(upTo);
  await toTheEnd(whole, upTo);
  let crashed = 0;
  for (let crashAt = 0; crashAt < whole.calls; crashAt += 1) {
    const copy = new FakeCopy(upTo, crashAt);
    const { outcome, crashes } = await toTheEnd(copy, upTo);
    crashed += crashes;
    expect(outcome, `call ${crashAt}`).toEqual({ state: "done" });
    expect(copy.log, `call ${crashAt}`).toEqual(whole.log);
    expect(copy.finishes, `call ${crashAt}`).toBe(1);
    expect(copy.pages.length - whole.pages.length, `call ${crashAt}`).toBeLessThanOrEqual(1);
  }
  expect(crashed).toBe(whole.calls);
});

it("[Y7] works for some seconds at a time, at least one page", async () => {
  const copy = new FakeCopy(SOURCE.length);
  expect(await stepCopy(copy, SOURCE.length)).toEqual({ state: "again", problem: null });
  expect(copy.pages).toEqual([0, 6, 12, 18, 24]);
  expect(await stepCopy(copy, SOURCE.length, 0)).toEqual({ state: "again", problem: null });
  expect(copy.pages).toHaveLength(6);
  expect((await toTheEnd(copy, SOURCE.length)).steps).toBe(1);
});

it("[Y7] a source that has fewer events, or not the next, ends the copy with words", async () => {
  const short = new FakeCopy(30);
  short.source = SOURCE.slice(0, 20);
  expect(await stepCopy(short, 30)).toMatchObject({
    state: "failed",
    problem: {
      code: "storage_damaged",
      message: "The copy cannot be made: the group to copy ends at event 20; 30 were asked for.",
    },
  });
  expect([short.log.length, short.finishes]).toEqual([20, 0]);
  const holed = new FakeCopy(30);
  holed.source = SOURCE.toSpliced(8, 1);
  expect(await stepCopy(holed, 30)).toMatchObject({
    state: "failed",
    problem: { message: /event 9 of the group to copy is missing/ },
  });
  expect(holed.log).toHaveLength(6);
});

it("[Y7] a source that refuses ends the copy with its words; one that cannot answer now is asked again", async () => {
  const refusing = (code: "forbidden" | "unavailable") => {
    const copy = new FakeCopy(10);
    copy.page = async () => {
      throw new ProblemError(problem(code, "Not to you."));
    };
    return stepCopy(copy, 10);
  };
  expect(await refusing("forbidden")).toEqual({
    state: "failed",
    problem: { code: "forbidden", message: "Not to you." },
  });
  expect(await refusing("unavailable")).toEqual({
    state: "again",
    problem: { code: "unavailable", message: "Not to you." },
  });
  const unfit = new FakeCopy(10);
  unfit.take = () => {
    throw new RangeError("event 1 does not follow 3");
  };
  expect(await stepCopy(unfit, 10)).toMatchObject({
    state: "failed",
    problem: { message: "The copy cannot be made: event 1 does not follow 3." },
  });
});
