// Every suite of `npm test`, as vitest projects. Those that start processes run one file at a time, one suite after another.
import { globSync } from "node:fs";

import { defineConfig } from "vitest/config";

/** What one whole-star test may take: a start of the product and a run on a busy machine. */
const SLOW_TEST_MS = 120_000;
/** What a start or stop of the product may take around such a test. */
const SLOW_HOOK_MS = 120_000;

/** How long a condition is waited for; the default of a second is too short for a busy machine. */
const WAITS = { poll: { timeout: 15_000 } };

/** Files at a time: without it a project has one core less than there are, which is one on two cores. */
const WORKERS_MAX = 2;

/** Tests that run inside workerd end in `.workerd.test.ts`; their Worker's own vitest.config.ts runs them. */
const IN_WORKERD = "**/*.workerd.test.ts";
const NOT_OURS = ["**/node_modules/**", "**/dist/**", "tests/bench/peers/**"];

function whole(name: string, groupOrder: number, include: string[]) {
  return {
    test: {
      name,
      include,
      exclude: NOT_OURS,
      pool: "forks" as const,
      fileParallelism: false,
      sequence: { groupOrder },
      testTimeout: SLOW_TEST_MS,
      expect: WAITS,
      hookTimeout: SLOW_HOOK_MS,
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "{packages,workers}/**/*.test.{ts,tsx}",
            "apps/**/*.test.{ts,tsx}",
            "scripts/*.test.ts",
          ],
          exclude: [...NOT_OURS, IN_WORKERD],
          pool: "forks",
          maxWorkers: WORKERS_MAX,
          sequence: { groupOrder: 0 },
          testTimeout: 20_000,
          expect: WAITS,
          hookTimeout: 60_000,
        },
      },
      ...globSync("workers/*/vitest.config.{ts,mts}", { cwd: import.meta.dirname }),
      whole("hosts", 10, ["hosts/**/*.test.ts"]),
      whole("seeded-bugs", 15, ["tests/seeded-bugs/**/*.test.ts"]),
      whole("star", 20, ["tests/star/**/*.test.ts", "tests/conformance/**/*.test.ts"]),
      whole("chaos", 30, ["tests/chaos/**/*.test.ts"]),
      whole("bench", 40, ["tests/bench/**/*.test.ts"]),
      whole("web", 50, ["tests/web/**/*.test.ts"]),
    ],
  },
});
