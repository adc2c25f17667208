// Every suite of `npm test`, as vitest projects. Those of one group run side by side, and one group after another.
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

interface Whole {
  readonly name: string;
  readonly include: string[];
  /** Suites of the same order run together, and have the same number of files at a time. */
  readonly order: number;
  readonly files: number;
}

const whole = ({ name, include, order, files }: Whole) => ({
  test: {
    name,
    include,
    exclude: NOT_OURS,
    pool: "forks" as const,
    maxWorkers: files,
    sequence: { groupOrder: order },
    testTimeout: SLOW_TEST_MS,
    expect: WAITS,
    hookTimeout: SLOW_HOOK_MS,
  },
});

/** One run of the seeded bugs has files at a time of its own; hosts look at what their machine runs, and a benchmark at time. */
const WHOLE: readonly Whole[] = [
  { name: "seeded-bugs", include: ["tests/seeded-bugs/**/*.test.ts"], order: 10, files: 1 },
  { name: "hosts", include: ["hosts/**/*.test.ts"], order: 15, files: 1 },
  {
    name: "star",
    include: ["tests/star/**/*.test.ts", "tests/conformance/**/*.test.ts"],
    order: 20,
    files: WORKERS_MAX,
  },
  { name: "web", include: ["tests/web/**/*.test.ts"], order: 20, files: WORKERS_MAX },
  { name: "chaos", include: ["tests/chaos/**/*.test.ts"], order: 30, files: WORKERS_MAX },
  { name: "bench", include: ["tests/bench/**/*.test.ts"], order: 40, files: 1 },
];

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
          isolate: false,
          maxWorkers: WORKERS_MAX,
          sequence: { groupOrder: 0 },
          testTimeout: 20_000,
          expect: WAITS,
          hookTimeout: 60_000,
        },
      },
      ...globSync("workers/*/vitest.config.{ts,mts}", { cwd: import.meta.dirname }),
      ...WHOLE.map(whole),
    ],
  },
});
