// The table of run states, walked cell by cell.
import { describe, expect, it } from "vitest";

import { isOpen, nextRunState, OPEN_RUN_STATES, RUN_FACTS, RUN_TABLE } from "./index.ts";

describe("run table", () => {
  it("[R1] has a cell for every state and fact", () => {
    for (const state of OPEN_RUN_STATES)
      for (const fact of RUN_FACTS) expect(RUN_TABLE[state]).toHaveProperty(fact);
  });

  it("[R1] every open state can be failed and cancelled, and every way leads to an end", () => {
    for (const state of OPEN_RUN_STATES) {
      expect(nextRunState(state, "failed")).toBe("failed");
      expect(nextRunState(state, "cancelled")).toBe("cancelled");
    }
    const reached = new Set<string>(["queued"]);
    for (let before = 0; before < reached.size;) {
      before = reached.size;
      for (const state of OPEN_RUN_STATES)
        if (reached.has(state))
          for (const fact of RUN_FACTS) reached.add(nextRunState(state, fact) ?? "queued");
    }
    expect([...reached].toSorted()).toEqual([
      "cancelled",
      "done",
      "failed",
      "interrupted",
      "paused",
      "queued",
      "running",
      "waiting",
    ]);
  });

  it("[R1] nothing starts twice, resumes unpaused or is done while it waits", () => {
    const possible = (fact: (typeof RUN_FACTS)[number]): string[] =>
      OPEN_RUN_STATES.filter((state) => nextRunState(state, fact) !== null);
    expect(possible("start")).toEqual(["queued"]);
    expect(possible("resume")).toEqual(["paused"]);
    expect(possible("done")).toEqual(["running"]);
    expect(possible("decide")).toEqual(["waiting"]);
    expect(isOpen("done")).toBe(false);
  });
});
