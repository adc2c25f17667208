// Tests of what holds for every decision: the same in, the same out; state is the fold of the log.
import { describe, expect, it } from "vitest";

import { BRIEFING_BUDGET_TOKENS, policySchema, type EventOf, type LogEvent } from "@acos/protocol";

import { Scenario, testId } from "../test/scenario.ts";
import { canonical, simulate } from "../test/simulation.ts";
import { composeBriefing, decide, EMPTY_STATE, evolve, partsOf, stateOf } from "./index.ts";

const fold = (scenario: Scenario, upTo = scenario.log.length): typeof scenario.state =>
  scenario.log.slice(0, upTo).reduce(evolve, EMPTY_STATE);

describe("facts", () => {
  it("[F1] decides the same for the same state, command, time and seed", () => {
    const scenario = Scenario.of();
    const command = scenario.command("lena", {
      kind: "message-post",
      parts: [{ type: "text", text: "@ada hello" }],
    });
    const given = { at: 5, seed: [1, 2, 3, 4] as const };
    const one = decide(scenario.state, command, given);
    expect(decide(scenario.state, command, given)).toEqual(one);
    expect(decide(scenario.state, command, { ...given, seed: [9, 2, 3, 4] })).not.toEqual(one);
  });

  it("[F2] the live state is the fold of the log, over 200 seeded lives of a group", () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const scenario = simulate(seed, 60);
      expect(canonical(fold(scenario)), `seed ${seed}`).toBe(canonical(scenario.state));
    }
  });

  it("[F2] a snapshot taken anywhere, with the events after it, gives the live state", () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const scenario = simulate(seed, 60);
      const at = (seed * 7919) % (scenario.log.length + 1);
      const rows = [...partsOf(fold(scenario, at))].map(
        ([key, part]) => [key, JSON.parse(JSON.stringify(part)) as object] as const,
      );
      const shuffled = rows.toReversed();
      const state = scenario.log.slice(at).reduce(evolve, stateOf(shuffled));
      expect(canonical(state), `seed ${seed} at ${at}`).toBe(canonical(scenario.state));
    }
  });

  it("[F2] a snapshot of an earlier product is a state with all that it did not know of yet", () => {
    const scenario = Scenario.of();
    scenario.post("lena", "@ada hello");
    const old = [...partsOf(scenario.state)].map(([key, part]): [string, object] => {
      const row = JSON.parse(JSON.stringify(part)) as Record<string, unknown>;
      if (key === "meta") {
        const { head, windowTokens, group, order } = row as Record<string, Record<string, object>>;
        const { rules: _, sandboxes: _sandboxes, ...ids } = order!;
        const {
          briefingTokens: _tokens,
          sandboxes: _rules,
          ...policy
        } = group!.policy as Record<string, unknown>;
        return [key, { head, windowTokens, group: { ...group, policy }, order: ids }];
      }
      for (const field of ["left", "said", "triggerSeq"]) delete row[field];
      if (typeof row.label === "string") row.label = row.label.replace(/^\[#\d+ /, "[");
      return [key, row];
    });
    const state = stateOf(old);
    const { run } = scenario.run("ada");
    expect(canonical({ ...state, runs: new Map(), lastRan: null })).toBe(
      canonical({ ...scenario.state, runs: new Map(), lastRan: null }),
    );
    expect(composeBriefing(state, run)).toEqual(composeBriefing(scenario.state, run));
  });

  it("[F2] a log of an earlier product has the budget that was meant", () => {
    const [created, ...rest] = Scenario.of().log;
    const {
      briefingTokens: _,
      sandboxes: _rules,
      ...policy
    } = (created!.event as EventOf<"group-created">).policy;
    const old = { ...created!, event: { ...created!.event, policy } } as LogEvent;
    const state = [old, ...rest].reduce(evolve, EMPTY_STATE);
    expect(state.group!.policy.briefingTokens).toBe(BRIEFING_BUDGET_TOKENS);
    expect(state.group!.policy.sandboxes).toEqual(policySchema.parse({}).sandboxes);
  });

  it("[F3] an event that leaves a hole is refused", () => {
    const { state } = Scenario.of();
    const event = { kind: "member-left", member: testId("member", 1) } as const;
    expect(() => evolve(state, { seq: state.head + 2, at: 1, event })).toThrow(RangeError);
    expect(() => evolve(state, { seq: state.head, at: 1, event })).toThrow(RangeError);
  });

  it("[F4] a refusal changes nothing", () => {
    const scenario = Scenario.of();
    const before = canonical(scenario.state);
    const decision = scenario.decide(
      scenario.command("lena", { kind: "run-cancel", run: testId("run", 1) }),
    );
    expect(decision.ok).toBe(false);
    expect(decision).not.toHaveProperty("events");
    expect(canonical(scenario.state)).toBe(before);
  });

  it("[F5] ids of one decision are distinct and well formed", () => {
    const scenario = Scenario.of(["ada", "grace", "alan"]);
    const { events } = scenario.post("lena", "@ada @grace @alan hello");
    const runs = events.flatMap(({ event }) => (event.kind === "run-queued" ? [event.run] : []));
    expect(new Set(runs).size).toBe(3);
    for (const run of runs) expect(run).toMatch(/^run_[0-9a-hjkmnp-tv-z]{26}$/);
  });
});
