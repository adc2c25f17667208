// What vitest's JSON report comes to: counts for the closing line, and sentences about what a count would hide; pure.

export interface VitestReport {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why the run is not to be trusted although no single test failed. */
  readonly problems: readonly string[];
}

/** Counts of a finished vitest. A file that broke before its first test, a crash and an empty run count as failures. */
export function tallyOf(report: VitestReport | undefined, exitCode: number): Tally {
  if (!report) {
    return { passed: 0, failed: 1, skipped: 0, problems: ["vitest ended without a report."] };
  }
  const problems: string[] = [];
  let failed = 0;
  for (const file of report.testResults) {
    const failures = file.assertionResults.filter(({ status }) => status === "failed").length;
    failed += failures;
    if (file.status !== "failed" || failures > 0) continue;
    failed += 1;
    problems.push(`${file.name} failed outside of its tests.`);
  }
  const passed = report.numPassedTests;
  if (passed + failed === 0) {
    failed = 1;
    problems.push("No test was run.");
  } else if (exitCode !== 0 && failed === 0) {
    failed = 1;
    problems.push(`vitest ended with exit code ${exitCode} although no test failed.`);
  }
  return { passed, failed, skipped: report.numPendingTests + report.numTodoTests, problems };
}
