// Tests over many seeded lives of a group: what holds after every step, whatever happened before.
import { describe, expect, it } from "vitest";

import { estimateTokens, type Briefing, type EventOf, type LogEvent } from "@acos/protocol";

import type { Scenario } from "../test/scenario.ts";
import { simulate } from "../test/simulation.ts";
import { blocksOf, composeBriefing, EMPTY_STATE, evolve, type GroupState } from "./index.ts";

const LIVES = 40;
const STEPS = 400;

/** Calls back after each step with the state before it. */
function live(seed: number, each: (before: GroupState, scenario: Scenario) => void): Scenario {
  let before = EMPTY_STATE;
  return simulate(seed, STEPS, (scenario) => {
    each(before, scenario);
    before = scenario.state;
  });
}

function briefings(state: GroupState): readonly Briefing[] {
  return [...state.runs.keys()].flatMap((run) => composeBriefing(state, run) ?? []);
}

const tokensOf = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + estimateTokens(text), 0);

/** The events with the state before each. */
function* replay(log: readonly LogEvent[]): Iterable<{ before: GroupState; placed: LogEvent }> {
  let before = EMPTY_STATE;
  for (const placed of log) {
    yield { before, placed };
    before = evolve(before, placed);
  }
}

const eventsOf = <K extends LogEvent["event"]["kind"]>(log: readonly LogEvent[], kind: K) =>
  log.flatMap(({ event }) => (event.kind === kind ? [event as EventOf<K>] : []));

describe("lives", () => {
  it("[B3] pins, summary, window and steps stay within the budget, at every step of every life", () => {
    let told = 0;
    for (let seed = 1; seed <= LIVES; seed += 1)
      live(seed, (_, { state }) => {
        const budget = state.group!.policy.briefingTokens;
        for (const briefing of briefings(state)) {
          const { pinned, window, summary, steps } = briefing;
          const head = [...pinned, ...window].map(({ text }) => text);
          const tokens =
            tokensOf([...head, summary]) + tokensOf(steps.map((step) => JSON.stringify(step)));
          expect(tokens, `seed ${seed} at ${state.head}`).toBeLessThanOrEqual(budget * 1.05);
          told += 1;
        }
      });
    expect(told).toBeGreaterThan(1_000);
  });

  it("[B1] the head is the same for all agents that answer up to the same message, at every step", () => {
    let pairs = 0;
    for (let seed = 1; seed <= LIVES; seed += 1)
      live(seed, (_, { state }) => {
        const all = briefings(state).filter(({ steps }) => steps.length === 0);
        for (const one of all)
          for (const other of all.filter((each) => each !== one)) {
            expect(one.charter).toBe(other.charter);
            expect(one.pinned).toEqual(other.pinned);
            expect(one.summary).toBe(other.summary);
            if (one.window.at(-1)?.message !== other.window.at(-1)?.message) continue;
            expect(one.window).toEqual(other.window);
            pairs += 1;
          }
      });
    expect(pairs).toBeGreaterThan(100);
  });

  it("[B10] the words of a withdrawn message are in no briefing that is composed afterwards", () => {
    let withdrawn = 0;
    for (let seed = 1; seed <= LIVES; seed += 1)
      live(seed, (_, scenario) => {
        const gone = new Set(
          eventsOf(scenario.log, "message-redacted").map(({ message }) => message),
        );
        const words = scenario.log.flatMap(({ event }) =>
          (event.kind === "message-posted" || event.kind === "message-edited") &&
          gone.has(event.message)
            ? (/word_\d+_/.exec(JSON.stringify(event.parts)) ?? [])
            : [],
        );
        for (const briefing of briefings(scenario.state)) {
          const text = JSON.stringify(briefing);
          for (const word of words) {
            expect(text.includes(word), `seed ${seed}: ${word}`).toBe(false);
            withdrawn += 1;
          }
        }
      });
    expect(withdrawn).toBeGreaterThan(500);
  });

  it("[B12] what was told at a turn's beginning is composed from the log again, to the byte", () => {
    for (let seed = 1; seed <= LIVES; seed += 1) {
      const scenario = simulate(seed, STEPS);
      const briefs = scenario
        .takeEffects()
        .flatMap((each) => (each.kind === "brief" ? [each] : []));
      const begun = [...replay(scenario.log)].filter(
        ({ placed }) => placed.event.kind === "turn-started",
      );
      expect(briefs).toHaveLength(begun.length);
      for (const [index, { before, placed }] of begun.entries()) {
        const { state, run } = briefs[index]!;
        const again = composeBriefing(evolve(before, placed), run);
        expect(JSON.stringify(again)).toBe(JSON.stringify(composeBriefing(state, run)));
      }
    }
  });

  it("[B9] the blocks of a briefing are all that is told, in its order, at every step", () => {
    for (let seed = 1; seed <= LIVES; seed += 1)
      live(seed, (_, { state }) => {
        for (const briefing of briefings(state)) {
          const blocks = blocksOf(state, briefing.run, briefing);
          const told = [
            briefing.charter,
            ...briefing.pinned.map(({ text }) => text),
            ...(briefing.summary ? [briefing.summary] : []),
            ...briefing.window.map(({ text }) => text),
            briefing.closing,
            ...(briefing.trigger.text ? [briefing.trigger.text] : []),
            ...briefing.steps.map((step) => JSON.stringify(step)),
          ];
          expect(blocks.flatMap(({ text }) => text ?? [])).toEqual(told);
          for (const { fate, text, reason } of blocks) {
            expect(text === null).toBe(fate === "left-out");
            if (fate !== "kept") expect(reason).toBeTruthy();
          }
        }
      });
  });

  it("[C2] no two summaries are made at once, and the window does not ask again before it has grown", () => {
    let asked = 0;
    for (let seed = 1; seed <= LIVES; seed += 1)
      for (const { before, placed } of replay(simulate(seed, STEPS).log)) {
        const { event } = placed;
        if (event.kind !== "summary-asked") continue;
        if (before.compaction) {
          expect(event.summary).toBe(before.compaction.summary);
          expect(before.compaction.attempt).toBeLessThan(3);
        } else if (!event.by) {
          const grown = before.windowTokens - (before.triedTokens ?? -Infinity);
          expect(grown).toBeGreaterThanOrEqual(before.group!.policy.briefingTokens * 0.1);
          asked += 1;
        }
      }
    expect(asked).toBeGreaterThan(30);
  });

  it("[C3] a summary never stands for the trigger of an unfinished run, and cuts where a person speaks", () => {
    let made = 0;
    for (let seed = 1; seed <= LIVES; seed += 1)
      for (const { before, placed } of replay(simulate(seed, STEPS).log)) {
        const { event } = placed;
        if (event.kind !== "summary-made" || event.by) continue;
        made += 1;
        const held = before.window.filter(({ seq }) => seq > event.upTo);
        const lost = new Set(
          before.window.filter(({ seq }) => seq <= event.upTo).map(({ message }) => message),
        );
        for (const run of before.runs.values())
          expect(lost.has(run.trigger.message), `seed ${seed}`).toBe(false);
        const first = held[0] && (before.members.get(held[0].by) ?? before.former.get(held[0].by));
        expect(first?.type ?? "user").toBe("user");
      }
    expect(made).toBeGreaterThan(30);
  });
});
