// `npm test`: gets what the tests need, builds the product, runs every suite, and closes with `N passed, N failed`.
//
//   prerequisites ─▶ build ─▶ vitest (all projects, output as it comes) ─▶ report ─▶ closing line, exit code
//
// Arguments go to vitest: `npm test -- --project unit`, `npm test -- packages/group`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { leftOutSentence, meetPrerequisites, PREREQUISITES } from "./prerequisites.ts";
import { tallyOf, type Tally, type VitestReport } from "./test-report.ts";

const root = resolve(import.meta.dirname, "..");
const VITEST = join(root, "node_modules/vitest/vitest.mjs");
const inCi = Boolean(process.env["CI"]) && process.env["CI"] !== "false";

function runNode(...args: string[]): number {
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return status ?? 1;
}

function readReport(path: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as VitestReport;
  } catch {
    // No report is an outcome of its own: tallyOf says so and counts it as a failure.
    return undefined;
  }
}

function runVitest(args: readonly string[]): Tally {
  const folder = mkdtempSync(join(tmpdir(), "acos-test-"));
  const reportPath = join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportPath}`];
  try {
    const exitCode = runNode(VITEST, "run", ...reporters, ...args);
    return tallyOf(readReport(reportPath), exitCode);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function close(passed: number, failed: number, problems: readonly string[]): void {
  for (const problem of problems) console.error(problem);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function main(args: readonly string[]): void {
  const all = args.length === 0;
  // Someone who names tests knows what they need; only the whole run makes itself a complete machine.
  const missing = all ? meetPrerequisites(PREREQUISITES) : [];
  if (runNode("hosts/local/src/build.ts") !== 0) {
    close(0, 1, ["The product does not build; no test was run."]);
    return;
  }
  const { passed, failed, skipped, problems } = runVitest([
    ...missing.map(({ suite }) => `--project=!${suite}`),
    ...args,
  ]);
  const left = missing.map(leftOutSentence);
  if (skipped > 0) left.push(`SKIPPED: ${skipped} tests.`);
  const countedAsFailed = inCi ? left.length : 0;
  close(passed, failed + countedAsFailed, [...problems, ...left]);
}

main(process.argv.slice(2));
