// Tests of compaction: when a summary is asked for, what it may stand for, what becomes of it.
import { describe, expect, it } from "vitest";

import type { EventOf, GroupEventKind } from "@acos/protocol";

import { answerOf, card, Scenario, sectionsOf, testId } from "../../test/scenario.ts";
import { composeBriefing, composeSummaryRequest, viewGroup, viewSummary } from "../index.ts";

const BUDGET = 4_000;
const WORDS = "words ".repeat(95);

const group = (agents: readonly string[] = ["ada"]): Scenario =>
  Scenario.of(agents, { briefingTokens: BUDGET });
/** Posts until the condition holds. */
function postUntil(scenario: Scenario, done: () => boolean, text = WORDS): void {
  for (let count = 0; !done(); count += 1) {
    if (count > 500) throw new Error("it never came to that");
    scenario.post("lena", text);
  }
}
const untilAsked = (scenario: Scenario): void =>
  postUntil(scenario, () => scenario.state.compaction !== null);
const events = <K extends GroupEventKind>(scenario: Scenario, kind: K): EventOf<K>[] =>
  scenario.log.flatMap(({ event }) => (event.kind === kind ? [event as EventOf<K>] : []));
const good = (scenario: Scenario, words = "A first thing was said"): string =>
  answerOf(`${words} [#${scenario.message(0).seq}]`);
const ask = (scenario: Scenario) =>
  scenario.decide(scenario.command("lena", { kind: "summary-ask" }));

describe("compaction", () => {
  it("[C1] a window past 0.8 of the budget has a summary asked for, once, with the pin of an agent", () => {
    const scenario = group(["grace", "ada"]);
    untilAsked(scenario);
    expect(scenario.state.windowTokens).toBeGreaterThan(BUDGET * 0.8);
    expect(scenario.state.windowTokens).toBeLessThan(BUDGET * 0.9);
    const asked = events(scenario, "summary-asked");
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ pin: card("ada").pin });
    expect(asked[0]).not.toHaveProperty("by");
    const { summary } = asked[0]!;
    expect(scenario.takeEffects()).toEqual([{ kind: "summarize", summary, afterMs: 0 }]);
    expect(viewGroup(scenario.state)!.summary).toEqual({ version: 0, upTo: 0, making: true });
  });

  it("[C1] the agent that ran last makes it; without an agent none is asked for, and the window is trimmed", () => {
    const scenario = group(["ada", "grace"]);
    scenario.post("lena", "@grace hello");
    scenario.answer("grace", "hello");
    untilAsked(scenario);
    expect(scenario.state.compaction!.pin).toEqual(card("grace").pin);
    const alone = group([]);
    postUntil(alone, () => alone.state.gap !== null);
    expect(events(alone, "summary-asked")).toEqual([]);
    expect(ask(alone)).toMatchObject({ ok: false, problem: { code: "conflict" } });
  });

  it("[C2] after a refused summary the window has to grow by 0.2 of the budget", () => {
    const scenario = group();
    untilAsked(scenario);
    scenario.summarized("no");
    const tried = scenario.state.triedTokens!;
    postUntil(scenario, () => scenario.state.gap !== null);
    expect(events(scenario, "summary-asked")).toHaveLength(1);
    expect(tried).toBeGreaterThan(BUDGET * 0.8);
    untilAsked(scenario);
    expect(scenario.state.windowTokens).toBeGreaterThan(BUDGET * 0.8);
    expect(events(scenario, "summary-asked")).toHaveLength(2);
  });

  it("[C2] a member's smaller budget has it tried at once, and not again before it has grown", () => {
    const scenario = Scenario.of(["ada"], { briefingTokens: BUDGET * 2 });
    postUntil(scenario, () => scenario.state.windowTokens > BUDGET * 0.9);
    const policy = { ...scenario.state.group!.policy, briefingTokens: BUDGET };
    scenario.ok(scenario.command("lena", { kind: "settings-change", policy }));
    expect(scenario.state.compaction).not.toBeNull();
    scenario.summarized("no");
    scenario.post("lena", "more");
    expect(events(scenario, "summary-asked")).toHaveLength(1);
  });

  it("[C2] a summary that could not cut much does not make the group ask in a loop", () => {
    const scenario = group(["ada", "grace"]);
    postUntil(scenario, () => scenario.state.windowTokens > BUDGET * 0.25);
    scenario.post("lena", "@ada wait");
    scenario.answer("ada", "", [{ tool: "order", effect: true }]);
    for (let count = 0; count < 300; count += 1) {
      scenario.post("lena", WORDS);
      if (scenario.state.compaction) scenario.summarized(good(scenario));
    }
    expect(events(scenario, "summary-asked").length).toBeLessThan(25);
    expect(scenario.state.windowTokens).toBeLessThanOrEqual(BUDGET);
  });

  it.each([50, 70, 90])(
    "[C3] it cuts where a person speaks, and keeps a tail of 0.3 (%d)",
    (size) => {
      const scenario = group(["ada", "grace"]);
      for (let count = 0; scenario.state.compaction === null; count += 1) {
        scenario.at += 60_000;
        scenario.post("lena", `@ada @grace ${count} words`);
        scenario.answer("ada", "one ".repeat(size));
        scenario.answer("grace", "two ".repeat(size));
      }
      const { upTo } = scenario.state.compaction;
      const kept = scenario.state.window.filter(({ seq }) => seq > upTo);
      expect(kept[0]!.label).toContain("(@lena, person)");
      const tokens = kept.reduce((sum, entry) => sum + entry.tokens, 0);
      expect(tokens).toBeGreaterThanOrEqual(BUDGET * 0.3 * 0.9);
      expect(tokens).toBeLessThan(BUDGET * 0.5);
    },
  );

  it("[C3] the trigger of an unfinished run and all after it stay", () => {
    const scenario = group(["ada"]);
    postUntil(scenario, () => scenario.state.windowTokens > BUDGET * 0.4);
    scenario.post("lena", "@ada order the seeds");
    const { seq } = scenario.message(-1);
    scenario.answer("ada", "", [{ tool: "order", effect: true }]);
    untilAsked(scenario);
    expect(scenario.state.compaction!.upTo).toBeLessThan(seq);
    scenario.summarized(good(scenario));
    expect(scenario.message(0).seq).toBe(seq);
    expect(ask(scenario)).toMatchObject({ ok: false });
  });

  it("[C4] a summary that passes is told in place of its messages, by number", () => {
    const scenario = group(["ada", "grace"]);
    untilAsked(scenario);
    const { upTo } = scenario.state.compaction!;
    const [first, second] = scenario.state.window;
    scenario.summarized(answerOf(`Things were said [#${first!.seq}, #${second!.seq}]`));
    const made = events(scenario, "summary-made")[0]!;
    expect(made).toMatchObject({ version: 1, upTo, model: "rehearsal/rehearsal-1", cost: 0.002 });
    expect(made.sections[0]!.bullets[0]!.rests).toEqual([first!.message, second!.message]);
    expect(scenario.state.window.every(({ seq }) => seq > upTo)).toBe(true);
    scenario.post("lena", "@ada @grace go");
    const [ada, grace] = ["ada", "grace"].map((handle) =>
      composeBriefing(scenario.state, scenario.run(handle).run)!,
    );
    expect(ada!.summary).toBe(
      `Summary of what came before (version 1, up to #${upTo}):\n## Goals\n- Things were said [#${first!.seq}, #${second!.seq}]`,
    );
    expect(grace!.summary).toBe(ada!.summary);
    expect(viewGroup(scenario.state)!.summary).toEqual({ version: 1, upTo, making: false });
  });

  it("[C4] the next one stands on the one before, and can cite what that one cited", () => {
    const scenario = group();
    untilAsked(scenario);
    const { seq } = scenario.message(0);
    scenario.summarized(good(scenario));
    untilAsked(scenario);
    expect(composeSummaryRequest(scenario.state)!.previous).toBe(
      `## Goals\n- A first thing was said [#${seq}]`,
    );
    scenario.summarized(answerOf(`Still the first thing [#${seq}]`));
    expect(scenario.state.summary).toMatchObject({ version: 2 });
    expect(scenario.state.summary!.text).toContain(`Still the first thing [#${seq}]`);
  });

  it("[C4] one that fails its check is refused with words, and the one before stays", () => {
    const scenario = group();
    untilAsked(scenario);
    scenario.summarized(good(scenario));
    const before = scenario.state.summary;
    untilAsked(scenario);
    scenario.summarized(answerOf("Invented [#99999]"));
    expect(events(scenario, "summary-refused")[0]).toMatchObject({
      reason: expect.stringContaining("rests on #99999") as string,
      cost: 0.002,
    });
    expect(scenario.state.summary).toBe(before);
    expect(scenario.state.compaction).toBeNull();
  });

  it("[C4] one that could not be had is refused with its reason", () => {
    const scenario = group();
    untilAsked(scenario);
    const { summary } = scenario.state.compaction!;
    const outcome = { ok: false, reason: "The provider did not answer." } as const;
    scenario.ok({ kind: "summary-finish", summary, outcome });
    expect(events(scenario, "summary-refused")).toMatchObject([
      { summary, reason: outcome.reason },
    ]);
    expect(scenario.decide({ kind: "summary-finish", summary, outcome })).toMatchObject({
      ok: false,
      problem: { code: "conflict" },
    });
  });

  it("[C7] a withdrawn message takes with it the lines that rest on it, in what is told and in the view", () => {
    const scenario = group();
    untilAsked(scenario);
    const [first, second, third] = scenario.state.window;
    const { seq } = third!;
    scenario.summarized(
      answerOf(
        `Secret one [#${first!.seq}]`,
        `Secret two [#${first!.seq}, #${seq}]`,
        `Open [#${second!.seq}]`,
      ),
    );
    scenario.withdraw("lena", first!.message);
    expect(scenario.state.summary!.text).not.toContain("Secret");
    expect(scenario.state.summary!.text).toContain("Open");
    expect(scenario.state.summary!.seqs).toEqual({ [second!.message]: second!.seq });
    const placed = scenario.log.find(({ event }) => event.kind === "summary-made")!;
    const view = viewSummary(placed, (message) => message === first!.message)!;
    expect(JSON.stringify(view)).not.toContain("Secret");
    expect(viewSummary(placed)!.sections[0]!.bullets).toHaveLength(3);
  });

  it.each(["withdraw", "edit", "exclude", "pass"] as const)(
    "[C7] a summary that is being made is not used when a message of it is changed meanwhile: %s",
    (change) => {
      const scenario = group();
      untilAsked(scenario);
      const answer = answerOf(`Second thing [#${scenario.message(1).seq}]`);
      const { message } = scenario.message(0);
      if (change === "withdraw") scenario.withdraw("lena", message);
      if (change === "edit") scenario.edit("lena", message, "other words");
      if (change === "exclude") scenario.place("lena", message, "excluded");
      scenario.summarized(answer);
      expect(events(scenario, "summary-refused")).toHaveLength(change === "pass" ? 0 : 1);
    },
  );

  it("[C8] a member asks for a summary of all so far, and is told why not", () => {
    const scenario = group();
    expect(ask(scenario)).toMatchObject({
      ok: false,
      problem: { message: expect.stringContaining("nothing to summarise yet") as string },
    });
    scenario.post("lena", `the mat ${WORDS}`);
    scenario.post("lena", "and more");
    scenario.ok(scenario.command("lena", { kind: "summary-ask" }));
    expect(events(scenario, "summary-asked")[0]).toMatchObject({
      by: scenario.member("lena").member,
      upTo: scenario.message(-1).seq,
    });
    expect(ask(scenario)).toMatchObject({
      problem: { message: expect.stringContaining("being made already") as string },
    });
    scenario.summarized(good(scenario));
    expect(scenario.state.window).toEqual([]);
    scenario.post("lena", "@ada go");
    expect(ask(scenario)).toMatchObject({
      problem: { message: expect.stringContaining("still working on") as string },
    });
  });

  it("[C8] a member writes the summary anew: one version more, for the same messages", () => {
    const scenario = group();
    const { member } = scenario.member("lena");
    const edit = (sections: ReturnType<typeof sectionsOf>) =>
      scenario.decide(scenario.command("lena", { kind: "summary-edit", sections }));
    const first = edit(sectionsOf({ Goals: [{ text: "Grow pumpkins", rests: [] }] }));
    if (first.ok) scenario.take(first);
    expect(scenario.state.summary).toMatchObject({ version: 1, upTo: 0 });
    untilAsked(scenario);
    const { message, seq } = scenario.message(0);
    scenario.summarized(good(scenario));
    const { upTo } = scenario.state.summary!;
    const second = edit(sectionsOf({ Decisions: [{ text: "My words", rests: [message] }] }));
    if (second.ok) scenario.take(second);
    expect(events(scenario, "summary-made").at(-1)).toMatchObject({ version: 3, upTo, by: member });
    expect(scenario.state.summary!.text).toContain(`## Decisions\n- My words [#${seq}]`);
    expect(
      edit(sectionsOf({ Goals: [{ text: "x", rests: [testId("message", 404)] }] })),
    ).toMatchObject({ problem: { code: "invalid_request" } });
    const long = Array.from({ length: 30 }, () => ({ text: "many words ".repeat(20), rests: [] }));
    expect(edit(sectionsOf({ Goals: long }))).toMatchObject({ problem: { code: "too_large" } });
  });

  it("[C8] a member's words are not overwritten by a summary that was begun before them", () => {
    const scenario = group();
    untilAsked(scenario);
    const sections = sectionsOf({ Goals: [{ text: "My words", rests: [] }] });
    scenario.ok(scenario.command("lena", { kind: "summary-edit", sections }));
    expect(viewGroup(scenario.state)!.summary).toEqual({ version: 1, upTo: 0, making: true });
    scenario.summarized(good(scenario));
    expect(events(scenario, "summary-refused")[0]!.reason).toContain("wrote the summary anew");
    expect(scenario.state.summary!.text).toContain("My words");
  });

  it("[C9] without a summary the window is trimmed past the whole budget, and the briefing says what is missing", () => {
    const scenario = group();
    untilAsked(scenario);
    const before = scenario.state.window[0]!.seq;
    postUntil(scenario, () => scenario.state.gap !== null);
    const { gap, windowTokens, window } = scenario.state;
    expect(windowTokens).toBeLessThanOrEqual(BUDGET * 0.31);
    expect(gap).toMatchObject({ from: before });
    expect(window[0]!.seq).toBe(gap!.to + 1);
    scenario.summarized(good(scenario));
    expect(events(scenario, "summary-refused")[0]!.reason).toContain("leave the window");
    const more = gap!.count;
    postUntil(
      scenario,
      () => scenario.state.gap!.count > more || scenario.state.compaction !== null,
    );
    scenario.post("lena", "@ada go");
    const { summary } = composeBriefing(scenario.state, scenario.run("ada").run)!;
    const { count, from, to } = scenario.state.gap!;
    expect(summary).toBe(
      `${count} messages between #${from} and #${to} are not told in this briefing; recall finds them.`,
    );
  });

  it("[C10] after a crash it is asked for again under the same id, three times at most", () => {
    const scenario = group();
    untilAsked(scenario);
    const { summary } = scenario.state.compaction!;
    scenario.takeEffects();
    const recover = () => scenario.ok({ kind: "recover", runs: [] });
    scenario.ok({ kind: "recover", runs: [], summarizing: true });
    expect(scenario.takeEffects()).toEqual([]);
    recover();
    recover();
    expect(scenario.takeEffects()).toEqual([
      { kind: "summarize", summary, afterMs: 0 },
      { kind: "summarize", summary, afterMs: 0 },
    ]);
    expect(scenario.state.compaction).toMatchObject({ summary, attempt: 3 });
    recover();
    expect(scenario.takeEffects()).toEqual([]);
    expect(events(scenario, "summary-refused")).toMatchObject([
      { summary, reason: "The process died 3 times while this summary was made." },
    ]);
    recover();
    expect(scenario.state.compaction).toBeNull();
  });

  it("[C10] a broken link costs an attempt, not the summary", () => {
    const scenario = group();
    untilAsked(scenario);
    scenario.takeEffects();
    const { summary } = scenario.state.compaction!;
    const outcome = { ok: false, reason: "The link broke.", lost: true } as const;
    const lose = () => scenario.ok({ kind: "summary-finish", summary, outcome });
    lose();
    lose();
    expect(scenario.takeEffects()).toMatchObject([{ afterMs: 1_000 }, { afterMs: 2_000 }]);
    lose();
    expect(events(scenario, "summary-refused")).toMatchObject([
      { summary, reason: "The link broke." },
    ]);
  });

  it("[C11] the request has the messages up to the cut, without those kept out or withdrawn", () => {
    const scenario = group();
    scenario.post("lena", "kept out");
    scenario.post("lena", "withdrawn");
    scenario.place("lena", scenario.message(0).message, "excluded");
    scenario.withdraw("lena", scenario.message(1).message);
    untilAsked(scenario);
    const { upTo, pin, summary, askedAt } = scenario.state.compaction!;
    const request = composeSummaryRequest(scenario.state)!;
    expect(request).toMatchObject({ summary, pin, at: askedAt, previous: "", maxTokens: 400 });
    const rest = scenario.state.window.slice(2).filter(({ seq }) => seq <= upTo);
    expect(request.messages.map(({ message }) => message)).toEqual(
      rest.map(({ message }) => message),
    );
    expect(request.messages[0]!.text.startsWith(`[#${rest[0]!.seq} `)).toBe(true);
    scenario.summarized(good(scenario));
    expect(composeSummaryRequest(scenario.state)).toBeNull();
  });
});
