// Tests of the object's one alarm: the earliest wish counts, and a wish that is met already costs nothing.
import { expect, it } from "vitest";

import { Watch } from "./alarms.ts";

function scene() {
  const clock = { now: 1_000_000 };
  const set: number[] = [];
  const storage = {
    setAlarm: (at: number | Date) => {
      set.push(Number(at));
      return Promise.resolve();
    },
  };
  return { clock, set, watch: new Watch(storage, () => clock.now) };
}

it("[T4] a run that begins wakes the object within seconds, though its sockets have minutes", () => {
  const { watch, set, clock } = scene();
  watch.wakeBy(clock.now + 960_000);
  watch.arm();
  expect(set).toEqual([clock.now + 960_000, clock.now + 5_000]);
});

it("[S9] an alarm that is overdue still comes: nothing later takes its place", () => {
  const { watch, set, clock } = scene();
  watch.arm();
  clock.now += 6_000;
  watch.wakeBy(clock.now + 600_000);
  expect(set).toEqual([1_005_000]);
});

it("[S9] what is due later than the alarm that is set costs no write, and is asked for again when it has gone off", () => {
  const { watch, set, clock } = scene();
  watch.arm();
  watch.wakeBy(clock.now + 960_000);
  watch.arm();
  expect(set).toHaveLength(1);
  clock.now += 5_000;
  watch.fired();
  watch.wakeBy(clock.now + 955_000);
  expect(set.at(-1)).toBe(1_000_000 + 960_000);
});
