// Tests of counting tokens: the estimate against real tokenizers, and what is learned from what providers report.
import { countTokens as countCl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { countTokens as countO200k } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, it } from "vitest";

import { estimateTokens } from "@acos/protocol";

import { CORPORA } from "../../test/corpora.ts";
import { card, Scenario } from "../../test/scenario.ts";
import { composeBriefing, type GroupState } from "../index.ts";
import { budgetOf } from "./budget.ts";

describe("token estimates", () => {
  it.each(Object.entries(CORPORA))(
    "[T1] of %s is never more than a tenth below what tokenizers count, and at most double",
    (_, text) => {
      const counts = [countO200k(text), countCl100k(text)];
      const estimate = estimateTokens(text);
      expect(estimate).toBeGreaterThanOrEqual(Math.max(...counts) * 0.9);
      expect(estimate).toBeLessThanOrEqual(Math.max(...counts) * 2);
    },
  );

  it("[T1] holds for pieces of these texts, mixed and repeated, and an empty text has none", () => {
    const all = Object.values(CORPORA).map((text) => text.slice(0, 600));
    for (let from = 0; from < all.length; from += 1) {
      const text = [...all.slice(from), ...all.slice(0, from)].slice(0, 5).join("\n\n");
      expect(estimateTokens(text)).toBeGreaterThanOrEqual(
        Math.max(countO200k(text), countCl100k(text)) * 0.9,
      );
    }
    expect(estimateTokens("")).toBe(0);
  });

  it("[T1] is a cheap scan: a megabyte takes well under a second", () => {
    const text = Object.values(CORPORA).join("\n").repeat(50);
    const began = performance.now();
    estimateTokens(text);
    expect(performance.now() - began).toBeLessThan((text.length / 1_000_000) * 1_000);
  });
});

/** A turn of Ada ends for which the provider counted so many tokens per thousand estimated. */
function counted(scenario: Scenario, inputTokens: number, estimatedInput = 1_000): void {
  scenario.at += 60_000;
  scenario.post("lena", "@ada go");
  scenario.answer("ada", "ok", [], {
    usage: { inputTokens, outputTokens: 1, cacheReadTokens: 800, cacheWriteTokens: 0 },
    estimatedInput,
  });
}
const factor = ({ calibration }: GroupState): number | undefined => calibration.get("rehearsal");

describe("calibration", () => {
  it("[T2] learns per provider, quickly from an undercount and slowly from an overcount", () => {
    const scenario = Scenario.of(["ada"]);
    counted(scenario, 1_400);
    expect(factor(scenario.state)).toBe(1.2);
    counted(scenario, 1_400);
    expect(factor(scenario.state)).toBe(1.3);
    counted(scenario, 1_000);
    expect(factor(scenario.state)).toBe(1.27);
    for (let count = 0; count < 60; count += 1) counted(scenario, 100_000);
    expect(factor(scenario.state)).toBeCloseTo(2, 2);
    for (let count = 0; count < 100; count += 1) counted(scenario, 1);
    expect(factor(scenario.state)).toBeCloseTo(0.5, 1);
  });

  it("[T2] learns nothing from small calls, and from none that was not estimated or counted", () => {
    const scenario = Scenario.of(["ada"]);
    counted(scenario, 400, 100);
    counted(scenario, 0);
    counted(scenario, 4_000, 0);
    expect(scenario.state.calibration.size).toBe(0);
  });

  it("[T2] remembers sixteen providers, and forgets the one that it heard of first", () => {
    const scenario = Scenario.of(["ada"]);
    for (let count = 0; count < 20; count += 1) {
      const { pin } = card("ada", { revision: count + 2 });
      scenario.ok({
        kind: "agent-adopt",
        card: { ...card("ada"), pin: { ...pin, model: `provider-${count}/model` } },
      });
      counted(scenario, 1_400);
    }
    expect(scenario.state.calibration.size).toBe(16);
    expect([...scenario.state.calibration.keys()][0]).toBe("provider-4");
  });

  it("[T2] where a provider counts more, less is told and summaries come sooner; where fewer, nothing changes", () => {
    const scenario = Scenario.of(["ada"], { briefingTokens: 4_000 });
    const before = budgetOf(scenario.state).compact;
    for (let count = 0; count < 5; count += 1) counted(scenario, 500);
    expect(budgetOf(scenario.state).compact).toBe(before);
    for (let count = 0; count < 12; count += 1) counted(scenario, 2_000);
    expect(budgetOf(scenario.state).compact).toBeCloseTo(before / 2, -1);
    for (let count = 0; scenario.state.compaction === null; count += 1) {
      expect(count).toBeLessThan(30);
      scenario.post("lena", "words ".repeat(90));
    }
    expect(scenario.state.windowTokens).toBeLessThan(4_000 * 0.45);
  });

  it("[T2] a window that became too large by what was learned is told in part, at once", () => {
    const scenario = Scenario.of(["ada"], { briefingTokens: 4_000 });
    for (let count = 0; count < 25; count += 1) scenario.post("lena", "words ".repeat(90));
    for (let count = 0; count < 10; count += 1) counted(scenario, 2_000);
    scenario.post("lena", "@ada go");
    const { window } = composeBriefing(scenario.state, scenario.run("ada").run)!;
    const tokens = window.reduce((sum, { text }) => sum + estimateTokens(text), 0);
    expect(tokens).toBeLessThanOrEqual(2_100);
    expect(window.at(-1)!.text).toContain("@ada go");
  });
});
