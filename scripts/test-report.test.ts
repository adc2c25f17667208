// The closing line of `npm test` says what happened, above all when nothing did.
import { describe, expect, it } from "vitest";

import { tallyOf, type VitestReport } from "./test-report.ts";

function report(...files: { status?: string; tests: string[] }[]): VitestReport {
  const statuses = files.flatMap(({ tests }) => tests);
  const count = (status: string) => statuses.filter((each) => each === status).length;
  return {
    numTotalTests: statuses.length,
    numPassedTests: count("passed"),
    numPendingTests: count("pending"),
    numTodoTests: count("todo"),
    testResults: files.map(({ status = "passed", tests }, at) => ({
      name: `${at}.test.ts`,
      status,
      assertionResults: tests.map((each) => ({ status: each })),
    })),
  };
}

describe("tallyOf", () => {
  it("counts what passed and what failed", () => {
    const files = [{ status: "failed", tests: ["passed", "failed"] }, { tests: ["passed"] }];
    expect(tallyOf(report(...files), 1)).toMatchObject({ passed: 2, failed: 1, problems: [] });
  });

  it("counts a run of no tests as a failure", () => {
    expect(tallyOf(report(), 0)).toMatchObject({ passed: 0, failed: 1 });
  });

  it("counts a run of skipped tests only as a failure", () => {
    expect(tallyOf(report({ tests: ["pending"] }), 0)).toMatchObject({ failed: 1, skipped: 1 });
  });

  it("counts a file that broke before its first test as a failure", () => {
    const tally = tallyOf(report({ status: "failed", tests: [] }, { tests: ["passed"] }), 1);
    expect(tally).toMatchObject({ passed: 1, failed: 1 });
    expect(tally.problems).toEqual(["0.test.ts failed outside of its tests."]);
  });

  it("counts a crash after passing tests as a failure", () => {
    expect(tallyOf(report({ tests: ["passed"] }), 1)).toMatchObject({ passed: 1, failed: 1 });
  });

  it("counts a vitest without a report as a failure", () => {
    expect(tallyOf(undefined, 0)).toMatchObject({ passed: 0, failed: 1 });
  });
});
