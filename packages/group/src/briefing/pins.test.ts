// Tests of pins, of messages that are kept out, and of the ledger's blocks.
import { describe, expect, it } from "vitest";

import { PINS_MAX, type Briefing } from "@acos/protocol";

import { answerOf, Scenario, testId } from "../../test/scenario.ts";
import { blocksOf, composeBriefing } from "../index.ts";

const briefing = (scenario: Scenario): Briefing =>
  composeBriefing(scenario.state, scenario.run("ada").run)!;
const texts = (messages: readonly { text: string }[]): string =>
  messages.map(({ text }) => text).join("\n");

/** A group in which the first message is `words` and Ada has something to answer. */
function asked(words: string, briefingTokens = 4_000): Scenario {
  const scenario = Scenario.of(["ada"], { briefingTokens });
  scenario.post("lena", words);
  scenario.post("lena", "@ada go");
  return scenario;
}

describe("pins", () => {
  it("[B8] a pinned message is told once, under its label, also after it has left the window", () => {
    const scenario = asked("the key is under the mat");
    const { message, label } = scenario.message(0);
    scenario.place("lena", message, "pinned");
    expect(briefing(scenario).pinned).toEqual([
      { message, text: `${label}\n  the key is under the mat` },
    ]);
    expect(texts(briefing(scenario).window)).not.toContain("mat");
    for (let count = 0; count < 60; count += 1) scenario.post("lena", "words ".repeat(100));
    expect(scenario.state.window.some((entry) => entry.message === message)).toBe(false);
    expect(texts(briefing(scenario).pinned)).toContain("under the mat");
    scenario.place("lena", message, "normal");
    expect(briefing(scenario).pinned).toEqual([]);
  });

  it("[B8] a message that is kept out is not told, and comes back when it may", () => {
    const scenario = asked("a silly joke");
    const { message } = scenario.message(0);
    scenario.place("lena", message, "excluded");
    expect(JSON.stringify(briefing(scenario))).not.toContain("joke");
    scenario.place("lena", message, "normal");
    expect(texts(briefing(scenario).window)).toContain("joke");
  });

  it("[B8] a line of the summary that rests on kept out messages alone is not told either", () => {
    const scenario = asked("a silly joke");
    const { message, seq } = scenario.message(0);
    scenario.answer("ada", "ok");
    scenario.ok(scenario.command("lena", { kind: "summary-ask" }));
    scenario.summarized(
      answerOf(`A joke was told [#${seq}]`, `Ada goes [#${scenario.message(1).seq}]`),
    );
    scenario.place("lena", message, "excluded");
    expect(scenario.state.summary!.text).not.toContain("joke");
    expect(scenario.state.summary!.text).toContain("Ada goes");
    scenario.place("lena", message, "normal");
    expect(scenario.state.summary!.text).toContain("joke");
  });

  it("[B8] an edited message changes where it is pinned, a withdrawn one goes", () => {
    const scenario = asked("before");
    const { message } = scenario.message(0);
    scenario.place("lena", message, "pinned");
    scenario.edit("lena", message, "after");
    expect(texts(briefing(scenario).pinned)).toMatch(/\n {2}after$/);
    scenario.withdraw("lena", message);
    expect(briefing(scenario).pinned).toEqual([]);
    expect(scenario.state.briefingRules.size).toBe(0);
  });

  it("[B8] pins that would take more than their share are refused with words", () => {
    const scenario = asked("words ".repeat(600));
    const decision = scenario.place("lena", scenario.message(0).message, "pinned");
    expect(decision).toMatchObject({ ok: false, problem: { code: "conflict" } });
    expect(!decision.ok && decision.problem.message).toContain("at most 400 tokens");
  });

  it("[B8] there are at most so many rules, a missing message has none, a withdrawn one gets none", () => {
    const scenario = Scenario.of(["ada"]);
    for (let count = 0; count <= PINS_MAX; count += 1) scenario.post("lena", `message ${count}`);
    for (let count = 0; count < PINS_MAX; count += 1)
      expect(scenario.place("lena", scenario.message(count).message, "excluded").ok).toBe(true);
    const last = scenario.message(PINS_MAX).message;
    expect(scenario.place("lena", last, "pinned")).toMatchObject({ problem: { code: "conflict" } });
    expect(scenario.place("lena", scenario.message(0).message, "pinned").ok).toBe(true);
    expect(scenario.place("lena", testId("message", 404), "pinned")).toMatchObject({
      problem: { code: "not_found" },
    });
    scenario.withdraw("lena", last);
    expect(scenario.place("lena", last, "pinned")).toMatchObject({ problem: { code: "gone" } });
    expect(scenario.place("lena", scenario.message(1).message, "excluded")).toMatchObject({
      ok: true,
      events: [],
    });
  });

  it("[B8] pins beyond the share of a smaller budget are left out, and said to be", () => {
    const scenario = asked("pinned words ".repeat(40), 32_000);
    const { message } = scenario.message(0);
    expect(scenario.place("lena", message, "pinned").ok).toBe(true);
    const policy = { ...scenario.state.group!.policy, briefingTokens: 1_000 };
    scenario.ok(scenario.command("lena", { kind: "settings-change", policy }));
    const told = briefing(scenario);
    expect(told.pinned).toEqual([]);
    const blocks = blocksOf(scenario.state, told.run, told);
    expect(blocks.find(({ of }) => of === message)).toMatchObject({
      kind: "pinned",
      fate: "left-out",
      text: null,
    });
  });

  it("[B9] blocks say in order what was told, what was clipped, and what was left out and why", () => {
    const scenario = Scenario.of(["ada"], { briefingTokens: 4_000 });
    for (let count = 0; count < 60; count += 1) scenario.post("lena", "words ".repeat(60));
    scenario.summarized("no summary");
    // What has grown meanwhile is asked for at once, and fails, too.
    scenario.summarized("no summary");
    for (let count = 0; count < 3; count += 1) scenario.post("lena", "words ".repeat(60));
    scenario.post("lena", "long ".repeat(2_000));
    scenario.post("lena", "@ada go");
    const [pinned] = scenario.state.window;
    const excluded = scenario.state.window.at(-3);
    scenario.place("lena", pinned!.message, "pinned");
    scenario.place("lena", excluded!.message, "excluded");
    scenario.answer("ada", "looking", [{}]);
    scenario.result("ada");
    const told = briefing(scenario);
    const blocks = blocksOf(scenario.state, told.run, told);
    const order = ["charter", "pinned", "summary", "message", "closing", "trigger", "step"];
    expect([...new Set(blocks.map(({ kind }) => kind))]).toEqual(order);
    const [gap] = blocks.filter(({ fate }) => fate === "left-out");
    expect(gap).toMatchObject({ kind: "message", text: null, tokens: 0 });
    expect(gap!.reason).toMatch(/^\d+ messages between #\d+ and #\d+ are not told/);
    expect(blocks.find(({ of }) => of === excluded!.message)).toMatchObject({ fate: "left-out" });
    expect(blocks.find(({ kind }) => kind === "pinned")).toMatchObject({
      of: pinned!.message,
      fate: "kept",
      reason: "a member pinned it",
    });
    const clipped = blocks.find(({ fate }) => fate === "clipped")!;
    expect(clipped.reason).toMatch(/^\d+ characters of its middle are left out$/);
    expect(blocks.at(-1)).toMatchObject({
      kind: "step",
      of: "1",
      text: JSON.stringify(told.steps[0]),
    });
  });
});
