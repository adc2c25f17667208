// The proof that `npm run chaos` can fail: the same run against products with seeded bugs.
import { rmSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { patchedBundles } from "./bundles.ts";
import { runChaos } from "./run-chaos.ts";
import { SEEDED_BUGS } from "./seeded-bugs.ts";
import { SMALL_LIMITS } from "./small-limits.ts";

const BUG_TEST_MS = 120_000;
/** Where nothing fell into the moment in which a bug shows, another run may have it. */
const MORE_RUNS = 2;

describe("a product with a seeded bug", () => {
  it.each(SEEDED_BUGS)(
    "[K14] does not pass: $name",
    { timeout: BUG_TEST_MS, retry: MORE_RUNS },
    async ({ patches, rules, kills }) => {
      const broken = await patchedBundles([...SMALL_LIMITS, ...patches]);
      const options = {
        kills,
        killsOnly: true,
        seed: 7,
        clients: 6,
        bundles: broken,
        settleMs: 5000,
      };
      const report = await runChaos(options).finally(() =>
        rmSync(broken, { recursive: true, force: true }),
      );
      const found = new Set(report.violations.map((violation) => violation.rule));
      expect(rules.some((rule) => found.has(rule))).toBe(true);
    },
  );
});
