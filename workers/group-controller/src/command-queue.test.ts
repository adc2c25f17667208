// Tests of the queue: order kept, commits shared, a failure its own.
import { expect, it } from "vitest";

import { CommandQueue } from "./command-queue.ts";

/** A disk whose commits end when the test says so. */
function disk(): { durable: () => Promise<void>; commits: () => number; end: () => Promise<void> } {
  const open: PromiseWithResolvers<void>[] = [];
  let commits = 0;
  return {
    durable: () => {
      commits += 1;
      const commit = Promise.withResolvers<void>();
      open.push(commit);
      return commit.promise;
    },
    commits: () => commits,
    end: async () => {
      open.shift()?.resolve();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

it("[L9] writes at once when no commit is on its way, and shares the next one among those who came meanwhile", async () => {
  const { durable, commits, end } = disk();
  const queue = new CommandQueue(durable);
  const written: number[] = [];
  const write = (number: number) => () => written.push(number);
  const first = queue.give(write(1));
  expect(written).toEqual([1]);
  const others = [queue.give(write(2)), queue.give(write(3)), queue.give(write(4))];
  expect([written, commits()]).toEqual([[1], 1]);
  await end();
  expect([written, commits()]).toEqual([[1, 2, 3, 4], 2]);
  expect(await Promise.all([first, ...others])).toEqual([1, 2, 3, 4]);
  await end();
  void queue.give(write(5));
  expect([written, commits()]).toEqual([[1, 2, 3, 4, 5], 3]);
});

it("[L9] a write that throws fails alone", async () => {
  const { durable, end } = disk();
  const queue = new CommandQueue(durable);
  const first = queue.give(() => 1);
  const bad = queue.give(() => {
    throw new Error("no");
  });
  const last = queue.give(() => 3);
  await Promise.all([end(), expect(bad).rejects.toThrow("no")]);
  expect(await Promise.all([first, last])).toEqual([1, 3]);
});
