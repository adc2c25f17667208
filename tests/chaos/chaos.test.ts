// The short form of `npm run chaos`. That it can fail is proven beside it, in chaos-bugs.test.ts.
import { rmSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { patchedBundles } from "./bundles.ts";
import { runChaos } from "./run-chaos.ts";
import { SMALL_LIMITS } from "./small-limits.ts";

const KILLS = 16;
const SHORT_TEST_MS = 300_000;

let bundles: string;
beforeAll(async () => {
  bundles = await patchedBundles(SMALL_LIMITS);
});
afterAll(() => rmSync(bundles, { recursive: true, force: true }));

describe("the whole product, killed with -9 under load", () => {
  it(
    "[K1] [K2] [K3] [K4] [K5] [K6] [K7] [K8] [K9] [K10] [K11] [K12] [K13] [K15] [K16] [K17] [K18] [K19] [K20] keeps every promise",
    async () => {
      const report = await runChaos({
        kills: KILLS,
        seed: 1,
        clients: 6,
        untilSomeOfAll: true,
        bundles,
      });
      expect(report.violations).toEqual([]);
      // A run in which little happened proves little.
      expect(report.outcome.log.length).toBeGreaterThan(500);
      expect(report.outcome.hits.length).toBeGreaterThan(10);
      expect(report.recoveriesMs).toHaveLength(KILLS);
      const jobs = new Set(report.outcome.jobs.map(({ kind }) => kind));
      expect([...jobs]).toEqual(expect.arrayContaining(["archive", "restore"]));
      expect(report.outcome.copies.length).toBeGreaterThan(1);
      const kinds = new Set(report.outcome.log.map(({ event }) => event.kind));
      expect(kinds).toContain("summary-made");
    },
    SHORT_TEST_MS,
  );
});
