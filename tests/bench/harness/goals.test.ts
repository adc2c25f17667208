// Verdicts from figures alone.
import { describe, expect, it } from "vitest";

import { bestPeer, type ContenderName, type Figure } from "./figures.ts";
import { judge } from "./goals.ts";
import { CONTEXT, FIGURES } from "./names.ts";
import { goalTable } from "./report.ts";

const figure = (name: string, contender: ContenderName, ...samples: number[]): Figure => ({
  name,
  contender,
  samples,
});
const verdict = (goal: string, figures: readonly Figure[]) =>
  judge(figures).find((each) => each.goal === goal)?.verdict;

const MOVED = [
  figure(FIGURES.movingCalls, "acos", 6),
  figure(FIGURES.movingCallsPerThousand, "acos", 3),
];
const HOT_COUNTS = ["D1", "R2", "KV"].flatMap((kind) =>
  ["1000 messages", "1000 runs"].map((per) =>
    figure(FIGURES.hotCalls(`${kind} calls`, per), "acos", 0),
  ),
);

describe("goals", () => {
  it("[B9] [B26] judges sandboxes by what was measured of them", () => {
    const started = figure(FIGURES.sandboxStartMs("without", "p50"), "acos", 240);
    const wire = figure(FIGURES.sandboxTrueMs("p50"), "acos", 14);
    const rest = (ms: number) => figure(FIGURES.sandboxRestTrueMs("p50"), "acos", ms);
    const bare = (ms: number) => figure(FIGURES.sandboxTrueMs("p50"), "bubblewrap", ms);
    expect(verdict("P20", [started, wire, bare(7)])).toBe("met in part");
    expect(verdict("P20", [started, wire, bare(7), rest(15)])).toBe("met");
    expect(verdict("P20", [started, wire, bare(7), rest(16)])).toBe("not met");
    expect(verdict("P20", [started, wire, bare(4), rest(15)])).toBe("not met");
    const twenty = (over: number, hogs: number) => [
      figure(FIGURES.sandboxesOpened, "acos", 20),
      figure(FIGURES.sandboxesOverLimit, "acos", over),
      figure(FIGURES.sandboxHogs, "acos", hogs),
    ];
    expect(verdict("P21", twenty(0, 0))).toBe("met");
    expect(verdict("P21", twenty(1, 0))).toBe("not met");
    expect(verdict("P21", twenty(0, 1))).toBe("not met");
  });

  it("[B9] judges nothing that was not measured", () => {
    const verdicts = new Set(judge([]).map((each) => each.verdict));
    expect([...verdicts]).toEqual(["not measured"]);
    expect(verdict("P11", HOT_COUNTS.slice(1))).toBe("not measured");
    expect(verdict("P11", HOT_COUNTS)).toBe("met in part");
  });

  it("[B9] says that a goal is met in part where only a part was measured", () => {
    const figures = [figure(FIGURES.firstTokenMs(1), "acos", 3)];
    expect(verdict("P1", figures)).toBe("met in part");
  });

  it("[B10] is not met when one of several conditions fails", () => {
    const figures = [
      figure(FIGURES.authenticationWarmMs, "acos", 0.2),
      figure(FIGURES.authenticationCalls, "acos", 0),
      figure(FIGURES.forgeriesAccepted, "acos", 1),
    ];
    expect(verdict("P10", figures)).toBe("not met");
    expect(
      verdict("P10", [...figures.slice(0, 2), figure(FIGURES.forgeriesAccepted, "acos", 0)]),
    ).toBe("met");
  });

  it("[B13] [B22] does not call a revocation fast whose tokens were not tried", () => {
    const figures = [
      figure(FIGURES.revocationP99Ms, "acos", 40),
      figure(FIGURES.revokedTokensTaken, "acos", 0),
    ];
    const refused = (count: number) => figure(FIGURES.revokedTokensRefused, "acos", count);
    expect(verdict("P17", [...figures, refused(0)])).toBe("not met");
    expect(verdict("P17", [...figures, refused(60)])).toBe("met");
    const slow = figure(FIGURES.revocationP99Ms, "acos", 2000);
    expect(verdict("P17", [slow, ...figures.slice(1), refused(60)])).toBe("not met");
  });

  it("[B11] measures against the best of the peers that ran", () => {
    const name = FIGURES.replyMs;
    const figures = [
      figure(name, "acos", 20),
      figure(name, "Mastra", 58),
      figure(name, "AIChatAgent", 170),
    ];
    expect(bestPeer(figures, name, "lower")).toEqual({ peer: "Mastra", value: 58 });
    expect(bestPeer(figures, name, "higher")).toEqual({ peer: "AIChatAgent", value: 170 });
    expect(verdict("P4", figures)).toBe("met");
    expect(verdict("P4", [...figures, figure(name, "LangGraph", 30)])).toBe("not met");
  });

  it("[B12] does not divide by an overhead within the noise", () => {
    const name = FIGURES.replyMs;
    expect(verdict("P4", [figure(name, "acos", 2), figure(name, "Mastra", -0.4)])).toBe(
      "not measured",
    );
  });

  it("[B13] does not let one call pass where there must be none", () => {
    expect(verdict("P11", [...HOT_COUNTS, ...MOVED])).toBe("met");
    const one = HOT_COUNTS.map((each, index) => (index === 4 ? { ...each, samples: [1] } : each));
    expect(verdict("P11", [...one, ...MOVED])).toBe("not met");
  });

  it("[B25] sets the longest group against the one of 5,000 messages, and nothing else", () => {
    const of = (messages: number, ...samples: number[]) =>
      figure(FIGURES.context(CONTEXT.objectKilobytes, messages), "acos", ...samples);
    expect(verdict("P18", [of(200, 1), of(100_000, 9)])).toBe("not measured");
    expect(verdict("P18", [of(5_000, 10)])).toBe("not measured");
    expect(verdict("P18", [of(200, 1), of(5_000, 10), of(20_000, 99), of(1_000_000, 15)])).toBe(
      "met",
    );
    expect(verdict("P18", [of(5_000, 10), of(20_000, 10), of(1_000_000, 15.1)])).toBe("not met");
  });

  it("[B25] takes the least shared beginning at any length", () => {
    const of = (messages: number, ...samples: number[]) =>
      figure(FIGURES.context(CONTEXT.sharedPercent, messages), "acos", ...samples);
    expect(verdict("P19", [of(200, 90, 81), of(1_000_000, 97)])).toBe("met");
    expect(verdict("P19", [of(200, 90, 79), of(1_000_000, 97)])).toBe("not met");
  });

  it("prints every goal once, in order", () => {
    const goals = [...goalTable([]).matchAll(/^\| (P\d+) /gm)].map((match) => match[1]);
    expect(goals).toEqual(Array.from({ length: 21 }, (_, index) => `P${index + 1}`));
  });
});
