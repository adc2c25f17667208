// Arguments of the benchmark.
import { describe, expect, it } from "vitest";

import { parseBenchFlags, SUITES } from "./flags.ts";

describe("flags", () => {
  it("[B14] refuses what it does not know, with the usage", () => {
    expect(() => parseBenchFlags(["tttf"])).toThrow(/"tttf" is no suite[^]*suites: ttft/);
    expect(() => parseBenchFlags(["--round", "9"])).toThrow(/suites: ttft/);
    expect(() => parseBenchFlags(["--rounds", "3"])).toThrow(/at least 4/);
    expect(() => parseBenchFlags(["--rounds", "many"])).toThrow(/whole number/);
  });

  it("runs all suites where none is named, and says which come later", () => {
    const flags = parseBenchFlags([]);
    expect(flags).toMatchObject({ suites: SUITES, peers: false, rounds: 4, short: false });
    expect(flags.later).toContain("web");
    expect(parseBenchFlags(["auth", "web", "--short"])).toMatchObject({
      suites: ["auth"],
      later: ["web"],
      rounds: 1,
      short: true,
    });
  });
});
