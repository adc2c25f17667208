// Tests of archiving, restoring and copying a group.
import { describe, expect, it } from "vitest";

import type { EventOf } from "@acos/protocol";

import { answerOf, card, ORG, Scenario, testId } from "../../test/scenario.ts";
import { composeBriefing, viewGroup, type Copy } from "../index.ts";

const lena = (scenario: Scenario) => scenario.member("lena");
const copyOf = (scenario: Scenario, change: Partial<Copy> = {}): Copy => ({
  kind: "copy",
  how: "fork",
  from: { group: scenario.state.group!.id, name: "Garden", seq: scenario.state.head },
  group: testId("group", 2),
  org: ORG,
  name: "Second garden",
  creator: { user: testId("user", 1), name: "Lena", handle: "lena" },
  agents: null,
  sandboxes: [],
  ...change,
});
const copied = (scenario: Scenario): EventOf<"group-copied"> => {
  const { event } = scenario.log.at(-1)!;
  if (event.kind !== "group-copied") throw new Error(event.kind);
  return event;
};
const handles = (scenario: Scenario): string[] =>
  [...scenario.state.members.values()].map(({ handle }) => handle);

describe("archiving", () => {
  it("[L1] a group that is at rest is put away, by a member or by nobody", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.ok({ kind: "archive", by: lena(scenario) });
    expect(scenario.log.at(-1)!.event).toEqual({
      kind: "group-archived",
      by: lena(scenario).member,
    });
    scenario.ok({ kind: "archive", by: null });
    expect(scenario.log.at(-1)!.event).toEqual({ kind: "group-archived" });
  });

  it("[L1] while agents are at work a member is told whose, and the idle group is left alone", () => {
    const scenario = Scenario.of(["ada", "grace"]);
    scenario.post("lena", "@ada @grace go");
    scenario.post("lena", "@ada again");
    const refused = scenario.decide({ kind: "archive", by: lena(scenario) });
    expect(refused).toMatchObject({ ok: false, problem: { code: "conflict" } });
    expect(!refused.ok && refused.problem.message).toContain(
      "@ada (running), @grace (running), @ada (queued)",
    );
    expect(scenario.ok({ kind: "archive", by: null }).events).toEqual([]);
  });

  it("[L1] a summary that is being made ends with it, and none is begun", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.post("lena", "hello");
    scenario.ok(scenario.command("lena", { kind: "summary-ask" }));
    expect(scenario.ok({ kind: "archive", by: null }).events).toEqual([]);
    const { events, effects } = scenario.ok({ kind: "archive", by: lena(scenario) });
    expect(events.map(({ event }) => event.kind)).toEqual(["summary-refused", "group-archived"]);
    expect(effects).toEqual([]);
  });

  it("[L2] coming back is a fact, with the snapshot it came from and what is lost", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.ok({ kind: "restore", generation: 3, by: null, lost: 0 });
    expect(scenario.log.at(-1)!.event).toEqual({ kind: "group-restored", generation: 3 });
    scenario.ok({ kind: "restore", generation: 2, by: lena(scenario), lost: 7 });
    expect(scenario.log.at(-1)!.event).toEqual({
      kind: "group-restored",
      generation: 2,
      by: lena(scenario).member,
      lost: 7,
    });
  });
});

describe("copies", () => {
  it("[L3] a fork has its own id, name and epoch, its creator as admin, and the agents with their pins", () => {
    const scenario = Scenario.of(["ada", "grace"]);
    scenario.addUser("noor", 2, "admin");
    const { epoch } = scenario.state.group!;
    const before = scenario.member("ada");
    scenario.ok(copyOf(scenario));
    expect(scenario.state.group).toMatchObject({ id: testId("group", 2), name: "Second garden" });
    expect(scenario.state.group!.epoch).toBeGreaterThan(epoch);
    expect(handles(scenario)).toEqual(["lena", "ada", "grace"]);
    expect(scenario.member("ada")).toEqual(before);
    expect([...scenario.state.former.values()].map(({ handle }) => handle)).toEqual(["noor"]);
    expect(scenario.ok(copyOf(scenario)).events).toEqual([]);
  });

  it("[L3] runs, approvals, wakes and the summary in the making end; window, pins and summary stay", () => {
    const scenario = Scenario.of(["ada", "grace"]);
    scenario.post("lena", "the key is under the mat");
    scenario.ok(scenario.command("lena", { kind: "summary-ask" }));
    const { message, seq } = scenario.message(0);
    scenario.summarized(answerOf(`A key there is [#${seq}]`));
    scenario.post("lena", "pinned words");
    scenario.place("lena", scenario.message(0).message, "pinned");
    scenario.ok(scenario.command("lena", { kind: "summary-ask" }));
    scenario.post("lena", "@ada go");
    scenario.answer("ada", "", [{ effect: true }]);
    scenario.takeEffects();
    scenario.ok(copyOf(scenario));
    const { runs, approvals, wakes, compaction, summary } = scenario.state;
    expect([runs.size, approvals.size, wakes.length, compaction]).toEqual([0, 0, 0, null]);
    expect(scenario.takeEffects().map(({ kind }) => kind)).toEqual(["abort"]);
    expect(summary!.seqs).toEqual({ [message]: seq });
    expect(viewGroup(scenario.state)).toMatchObject({ runs: [], summary: { making: false } });
    scenario.post("lena", "@grace hello");
    const told = composeBriefing(scenario.state, scenario.run("grace").run)!;
    expect(told.pinned).toHaveLength(1);
    expect(told.summary).toContain("A key there is");
    expect(told.charter).toContain("Second garden");
    expect(JSON.stringify(told.window)).toContain("@ada go");
  });

  it("[L3] who made it is the member it was, or a new one with a handle nobody has", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.addUser("noor", 2, "viewer");
    const { member } = scenario.member("noor");
    scenario.ok({ kind: "member-remove", by: null, who: testId("user", 2) });
    const noor = { user: testId("user", 2), name: "Noor", handle: "noor" };
    scenario.ok(copyOf(scenario, { creator: noor }));
    expect(copied(scenario).creator).toMatchObject({ member, role: "admin", handle: "noor" });
    expect(scenario.member("lena")).toBeDefined();
    const other = Scenario.of(["ada"]);
    const eve = { user: testId("user", 9), name: "Eve", handle: "ada" };
    other.ok(copyOf(other, { creator: eve }));
    expect(copied(other).creator).toMatchObject({ handle: "ada-2", role: "admin" });
    expect(other.state.former.size).toBe(1);
  });

  it("[L4] an import has the agents under the cards of this place; those without one have left", () => {
    const scenario = Scenario.of(["ada", "grace", "alan"]);
    const here = { ...card("turing"), handle: "lena" };
    const there = (handle: string) => card(handle).pin.agent;
    const agents = [
      { there: there("ada"), card: here },
      { there: there("grace"), card: here },
    ];
    const { member } = scenario.member("ada");
    scenario.ok(copyOf(scenario, { how: "import", agents }));
    expect(copied(scenario).agents).toMatchObject([
      { member, agent: here.pin.agent, pin: here.pin, name: "Turing", handle: "lena" },
    ]);
    expect(handles(scenario)).toEqual(["lena-2", "lena"]);
    expect([...scenario.state.former.values()].map(({ name }) => name)).toEqual(["Grace", "Alan"]);
  });

  it("[L4] what was learned of the providers of another place is forgotten, a fork keeps it", () => {
    for (const how of ["fork", "import"] as const) {
      const scenario = Scenario.of(["ada"]);
      scenario.post("lena", "@ada go");
      const usage = {
        inputTokens: 1_500,
        outputTokens: 1,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
      };
      scenario.answer("ada", "ok", [], { usage, estimatedInput: 1_000 });
      scenario.ok(copyOf(scenario, { how, agents: how === "fork" ? null : [] }));
      expect(scenario.state.calibration.size).toBe(how === "fork" ? 1 : 0);
    }
  });

  it("[L5] every author of the history stays known by name", () => {
    const scenario = Scenario.of(["ada", "grace"]);
    scenario.addUser("noor", 2);
    scenario.post("noor", "hello");
    scenario.post("lena", "@grace hi");
    scenario.answer("grace", "hi");
    const eve = { user: testId("user", 9), name: "Eve", handle: "eve" };
    scenario.ok(copyOf(scenario, { how: "import", agents: [], creator: eve }));
    const { members, former } = scenario.state;
    for (const { event } of scenario.log)
      if (event.kind === "message-posted")
        expect(members.has(event.by) || former.has(event.by)).toBe(true);
    expect([...former.values()].map(({ name }) => name)).toEqual(["Lena", "Ada", "Grace", "Noor"]);
  });
});
