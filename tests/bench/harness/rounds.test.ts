// Rounds, foreign load and overheads, with a meter and contenders made up here.
import { describe, expect, it } from "vitest";

import type { Contender } from "../contenders/contender.ts";
import { FigureBook, type ContenderName } from "./figures.ts";
import { alternate, measure, seededRandom, type Meter } from "./rounds.ts";
import { recordOverhead, sampleRounds, type World } from "./world.ts";

/** A meter on which each reading pair shows the next of these foreign loads for a job of one second. */
function meterOf(loads: number[]): Meter {
  let now = 0;
  let machine = 0;
  return {
    redoMax: 2,
    own: () => 0,
    nowMs: () => (now += 1000),
    machine: () => (machine += loads.shift() ?? 0),
  };
}

const quiet: Meter = { redoMax: 2, own: () => 0, machine: () => 0, nowMs: () => 0 };

function contender(name: ContenderName): Contender {
  return {
    name,
    processIds: () => [],
    open: () => Promise.reject(new Error("not opened here")),
    stop: () => Promise.resolve(),
  };
}

function worldOf(rounds: number): World & { readonly said: string[] } {
  const said: string[] = [];
  return {
    contenders: [contender("direct"), contender("acos")],
    startFresh: () => Promise.reject(new Error("not started here")),
    modelUrl: "",
    book: new FigureBook(),
    schedule: { rounds, random: seededRandom(1) },
    meter: quiet,
    short: true,
    say: (line) => said.push(line),
    said,
  };
}

describe("rounds", () => {
  it("[B4] gives every contender its turn in every round", async () => {
    const turns: string[] = [];
    await alternate(
      ["a", "b", "c"],
      { rounds: 3, random: seededRandom(3) },
      async (name, round) => {
        turns.push(`${round}${name}`);
      },
    );
    expect(turns.toSorted()).toEqual(["0a", "0b", "0c", "1a", "1b", "1c", "2a", "2b", "2c"]);
  });

  it("[B5] does a job again under foreign load, and gives up after two more tries", async () => {
    let runs = 0;
    const job = async () => (runs += 1);
    const once = await measure(job, meterOf([0, 0.4]));
    expect(once).toMatchObject({ value: 1, redone: 0 });
    const twice = await measure(job, meterOf([0, 0.9, 0, 0.1]));
    expect(twice).toMatchObject({ value: 3, redone: 1 });
    const inVain = await measure(job, meterOf([0, 2, 0, 2, 0, 2]));
    expect(inVain).toMatchObject({ value: 6, redone: 2, foreignCores: 2 });
  });

  it("[B6] takes the direct call of the same round away", async () => {
    const world = worldOf(3);
    const times = { direct: [10, 20, 30], acos: [13, 24, 35] };
    const samples = await sampleRounds(world, world.contenders, async ({ name }) => ({
      ms: times[name as "direct" | "acos"].shift() ?? 0,
    }));
    recordOverhead(world.book, samples, { key: "ms", name: "added" });
    expect(world.book.figures()).toEqual([
      { name: "added", contender: "acos", samples: [3, 4, 5] },
    ]);
  });

  it("[B7] leaves out a contender that fails in a later round", async () => {
    const world = worldOf(3);
    let round = 0;
    const samples = await sampleRounds(world, world.contenders, async ({ name }) => {
      if (name === "acos" && (round += 1) === 2) throw new Error("it broke");
      return { ms: 1 };
    });
    expect([...samples.keys()]).toEqual(["direct"]);
    expect(world.said.join()).toContain("it broke");
    expect(round).toBe(2);
  });
});
