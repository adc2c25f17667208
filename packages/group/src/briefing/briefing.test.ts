// Tests of briefings: the shared head, the bounded window, what is open, what is clipped.
import { describe, expect, it } from "vitest";

import { BRIEFING_BUDGET_TOKENS, estimateTokens, type Briefing } from "@acos/protocol";

import { card, Scenario } from "../../test/scenario.ts";
import { composeBriefing } from "../index.ts";

const briefing = (scenario: Scenario, handle: string): Briefing =>
  composeBriefing(scenario.state, scenario.run(handle).run)!;

/** A briefing in the order in which it is told. */
const told = (one: Briefing): string =>
  [
    one.charter,
    ...one.pinned.map(({ text }) => text),
    one.summary,
    ...one.window.map(({ text }) => text),
    one.closing,
    one.trigger.text,
    JSON.stringify(one.steps),
  ].join("\n");

describe("briefings", () => {
  it("[B1] charter, pins and window are the same for every agent that answers one message", () => {
    const scenario = Scenario.of(["ada", "grace"]);
    scenario.post("lena", "some talk before");
    scenario.place("lena", scenario.message(0).message, "pinned");
    scenario.post("lena", "@ada @grace what now?");
    const [ada, grace] = [briefing(scenario, "ada"), briefing(scenario, "grace")];
    expect(ada.charter).toBe(grace.charter);
    expect(ada.pinned).toEqual(grace.pinned);
    expect(ada.window).toEqual(grace.window);
    expect(ada.closing).not.toBe(grace.closing);
    expect([ada.pinned.length, ada.window.length]).toEqual([1, 1]);
    expect(ada.trigger).toMatchObject({ author: "Lena", text: "@ada @grace what now?" });
  });

  it("[B2] between two cuts the window only grows at its end, and stays within the budget", () => {
    const scenario = Scenario.of(["ada"]);
    let before: readonly string[] = [];
    let cuts = 0;
    for (let count = 0; count < 600; count += 1) {
      scenario.post("lena", `${count} ${"words ".repeat(100)}`);
      const now = scenario.state.window.map((entry) => entry.message);
      if (before.every((message, index) => now[index] === message))
        expect(now.length).toBe(before.length + 1);
      else cuts += 1;
      // A summary that is on its way must find what it will stand for.
      const isAwaited = scenario.state.compaction?.spoiled === null;
      const most = BRIEFING_BUDGET_TOKENS * (isAwaited ? 2 : 1);
      expect(scenario.state.windowTokens).toBeLessThanOrEqual(most);
      expect(scenario.state.windowTokens).toBe(
        scenario.state.window.reduce((sum, entry) => sum + entry.tokens, 0),
      );
      before = now;
    }
    expect(cuts).toBeGreaterThan(1);
    expect(cuts).toBeLessThan(10);
  });

  it.each([4_000, BRIEFING_BUDGET_TOKENS])(
    "[B3] a briefing of %d tokens is bounded after 3,000 long messages and 24 turns of large results",
    (briefingTokens) => {
      const scenario = Scenario.of(["ada"], { briefingTokens });
      for (let count = 0; count < 3_000; count += 1) scenario.post("lena", "w ".repeat(2_000));
      scenario.post("lena", "@ada go");
      for (let turn = 1; turn < 25; turn += 1) {
        const calls = Array.from({ length: 16 }, () => ({
          arguments: { text: "y".repeat(9_000) },
        }));
        scenario.answer("ada", "thinking ".repeat(3_000), calls);
        for (let call = 0; call < 16; call += 1) scenario.result("ada", call, "x y".repeat(30_000));
      }
      const { steps, charter, closing, trigger, ...rest } = briefing(scenario, "ada");
      const fixed = estimateTokens(charter + closing + trigger.text);
      const tokens = estimateTokens(JSON.stringify([steps, rest.window, rest.summary]));
      expect(tokens).toBeLessThan(briefingTokens * 1.05 + (briefingTokens < 5_000 ? 2_000 : 0));
      expect(fixed).toBeLessThan(1_000);
      expect(steps.at(-1)!.turn).toBe(24);
      expect(closing).toMatch(/The first \d+ turns of this run are not told any more\./);
    },
  );

  it("[B3] the roster says less of each agent where the group is large", () => {
    const scenario = Scenario.of([], { briefingTokens: 4_000 });
    for (let count = 0; count < 150; count += 1)
      scenario.put({
        type: "agent",
        card: {
          ...card("ada"),
          handle: `agent-${count}`,
          about: "tells all about gardens ".repeat(20),
          pin: { ...card("ada").pin, agent: card(`agent-${count}`).pin.agent },
        },
        follow: "latest",
        role: "member",
      });
    scenario.post("lena", "@agent-7 hi");
    const run = [...scenario.state.runs.keys()][0]!;
    const { charter } = composeBriefing(scenario.state, run)!;
    expect(charter).toContain("- @agent-149 ");
    expect(charter).not.toContain("gardens");
  });

  it("[B5] what is said after a run started does not come between its turns", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.post("lena", "@ada go");
    const before = briefing(scenario, "ada").window;
    scenario.answer("ada", "thinking", [{}]);
    scenario.post("lena", "meanwhile");
    scenario.result("ada");
    const after = briefing(scenario, "ada");
    expect(after.window).toEqual(before);
    expect(after.steps).toMatchObject([
      { turn: 1, text: "thinking", calls: [{ tool: "calculate" }] },
    ]);
  });

  it("[B5] a run whose own steps need the room is told the newest part of the window only", () => {
    const scenario = Scenario.of(["ada"], { briefingTokens: 4_000 });
    for (let count = 0; count < 12; count += 1) scenario.post("lena", "words ".repeat(150));
    scenario.post("lena", "@ada go");
    const whole = briefing(scenario, "ada").window;
    scenario.answer("ada", "looking", [{}, {}, {}, {}]);
    for (let call = 0; call < 4; call += 1) scenario.result("ada", call, "found it ".repeat(180));
    const { window, steps } = briefing(scenario, "ada");
    expect(window.length).toBeLessThan(whole.length);
    expect(window).toEqual(whole.slice(-window.length));
    expect(steps[0]!.calls.every(({ result }) => result.text.startsWith("found it"))).toBe(true);
  });

  it("[B6] with four agents that answer each message, at least 80 % of what is told is a shared prefix", () => {
    const handles = ["ada", "grace", "alan", "edsger"];
    const scenario = Scenario.of(handles);
    let shared = 0;
    let all = 0;
    for (let round = 0; round < 60; round += 1) {
      scenario.at += 60_000;
      scenario.post(
        "lena",
        `${handles.map((handle) => `@${handle}`).join(" ")} ${round} ${"what of this? ".repeat(12)}`,
      );
      const texts = handles.map((handle) => told(briefing(scenario, handle)));
      const prefix = commonPrefix(texts);
      for (const text of texts) {
        shared += prefix;
        all += text.length;
      }
      for (const handle of handles)
        scenario.answer(handle, `${round} ${"I think so. ".repeat(20)}`);
    }
    expect(shared / all).toBeGreaterThan(0.8);
  });

  it("[B7] what is open in the group stands in the closing words, with who owns it", () => {
    const scenario = Scenario.of(["ada", "grace", "alan"]);
    scenario.post("lena", "@ada buy seeds");
    scenario.answer("ada", "", [{ tool: "place_order", effect: true }]);
    scenario.post("lena", "@alan count them");
    scenario.post("lena", "@grace hello");
    const { closing, charter } = briefing(scenario, "grace");
    const [buy, count] = scenario.state.window.map(({ seq }) => seq);
    expect(closing.split("\n").slice(1, -1)).toEqual([
      "Open in the group:",
      `- a member's yes or no to place_order, which @ada wants to use for the message #${buy} of Lena`,
      `- @ada waits for a yes or no before it goes on with the message #${buy} of Lena`,
      `- @alan is answering the message #${count} of Lena`,
    ]);
    expect(charter).not.toContain("place_order");
    scenario.ok(scenario.command("lena", { kind: "run-cancel", run: scenario.run("ada").run }));
    expect(briefing(scenario, "grace").closing).not.toContain("place_order");
  });

  it("[B11] long messages and results are clipped, with the handle by which the rest is read", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.post("lena", `@ada start ${"word ".repeat(4_000)} end`);
    const { seq } = scenario.message(0);
    const message = briefing(scenario, "ada").window[0]!.text;
    expect(message).toContain(`characters left out; read_message #${seq} reads them …]`);
    expect(message).toContain("start");
    expect(message.endsWith("end")).toBe(true);
    scenario.answer("ada", "", [{}]);
    const { call } = scenario.run("ada").open!.calls[0]!;
    scenario.result("ada", 0, `${"a b".repeat(2_000)} tail`);
    const { text } = briefing(scenario, "ada").steps[0]!.calls[0]!.result;
    expect(text).toContain(`[… 3005 characters left out; read_message ${call} reads them …]`);
    expect(text.endsWith("tail")).toBe(true);
  });

  it("[B11] clipping never leaves half of a character", () => {
    const scenario = Scenario.of(["ada"]);
    for (const lead of ["", "x"]) {
      scenario.post("lena", `${lead}${"🍅".repeat(20_000)}`);
      expect(scenario.message(-1).text).not.toMatch(
        /^[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])/,
      );
      expect(scenario.message(-1).text).not.toMatch(/(?<![\ud800-\udbff])[\udc00-\udfff]/);
    }
  });

  it("[B13] a smaller budget holds at once, for long messages that were there before as well", () => {
    const scenario = Scenario.of(["ada"], { briefingTokens: 100_000 });
    for (let count = 0; count < 40; count += 1) scenario.post("lena", "words ".repeat(2_000));
    scenario.post("lena", `beginning ${"words ".repeat(5_000)}`);
    const { group, window } = scenario.state;
    const before = window.at(-1)!;
    const policy = { ...group!.policy, briefingTokens: 4_000 };
    scenario.ok(scenario.command("lena", { kind: "settings-change", policy }));
    expect(scenario.state.windowTokens).toBeLessThanOrEqual(4_000);
    const after = scenario.message(-1);
    expect(after.left).toBeGreaterThan(before.left);
    const original = `beginning ${"words ".repeat(5_000)}`.length;
    const [note] = /\n\[… \d+ characters left out; [^\]]+\]\n/.exec(after.text)!;
    expect(after.text.length - note.length + after.left).toBe(original);
  });
});

function commonPrefix([first = "", ...others]: readonly string[]): number {
  let length = 0;
  while (length < first.length && others.every((other) => other[length] === first[length]))
    length += 1;
  return length;
}
