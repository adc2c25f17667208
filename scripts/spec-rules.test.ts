// The spec check finds a rule without a test, a test without a rule, and a name that could mean two rules.
import { describe, expect, it } from "vitest";

import { namedRules, ruleProblems } from "./spec-rules.ts";

const spec = (part: string, ...rules: string[]) => ({
  path: `${part}/SPEC.md`,
  text: rules.map((rule) => `- **${rule}** It holds.`).join("\n"),
});
const test = (path: string, ...titles: string[]) => ({
  path,
  text: titles.map((title) => `it("${title}", () => {});`).join("\n"),
});

describe("namedRules", () => {
  it("reads several ids at the head of a title", () => {
    expect(namedRules('it("[R1] [R2] holds")').map(({ rule }) => rule)).toEqual(["R1", "R2"]);
  });

  it("takes a bracket elsewhere in the code for no rule", () => {
    expect(namedRules("const first = rows[R1]; /[A1]/.test(text);")).toEqual([]);
  });
});

describe("ruleProblems", () => {
  it("is content when every rule has a test in its own part", () => {
    const tests = [test("packages/trust/src/a.test.ts", "[R1] holds")];
    expect(ruleProblems([spec("packages/trust", "R1")], tests)).toEqual([]);
  });

  it("names the rule that no test names", () => {
    expect(ruleProblems([spec("packages/trust", "R1")], [])).toEqual([
      "packages/trust/SPEC.md: no test names [R1].",
    ]);
  });

  it("does not let another part's test prove a rule", () => {
    const specs = [spec("packages/trust", "R1"), spec("packages/group", "R1")];
    const tests = [test("packages/group/src/a.test.ts", "[R1] holds")];
    expect(ruleProblems(specs, tests)).toEqual(["packages/trust/SPEC.md: no test names [R1]."]);
  });

  it("names the test whose rule is not stated", () => {
    const tests = [test("packages/trust/src/a.test.ts", "[R1] holds", "[R9] holds")];
    expect(ruleProblems([spec("packages/trust", "R1")], tests)).toEqual([
      "packages/trust/src/a.test.ts names [R9], which no SPEC.md of its part states.",
    ]);
  });

  it("lets a whole-star test prove a rule that only one part states", () => {
    const specs = [spec("workers/agents", "A1"), spec("packages/trust", "R1")];
    const tests = [
      test("tests/star/a.test.ts", "[A1] holds"),
      test("packages/trust/src/a.test.ts", "[R1] holds"),
    ];
    expect(ruleProblems(specs, tests)).toEqual([]);
  });

  it("asks which part is meant when several state the rule, and takes the answer", () => {
    const specs = [spec("workers/agents", "R1"), spec("packages/trust", "R1")];
    expect(ruleProblems(specs, [test("tests/star/a.test.ts", "[R1] holds")])[0]).toContain(
      "could be [agents:R1] or [trust:R1]",
    );
    const tests = [test("tests/star/a.test.ts", "[agents:R1] holds", "[trust:R1] holds")];
    expect(ruleProblems(specs, tests)).toEqual([]);
  });

  it("names a rule that is stated twice", () => {
    const tests = [test("packages/trust/src/a.test.ts", "[R1] holds")];
    expect(ruleProblems([spec("packages/trust", "R1", "R1")], tests)).toEqual([
      "packages/trust/SPEC.md states R1 twice.",
    ]);
  });
});
