// Suite `memory`: what a contender holds at rest, and what each connected group and each further client adds.
import type { Contender } from "../contenders/contender.ts";
import { FIGURES } from "../harness/names.ts";
import { memoryOf } from "../harness/processes.ts";
import { wordsOf, type World } from "../harness/world.ts";
import { modelNameOf } from "../model-name.ts";
import { watchMany } from "./fanout.ts";
import { openMany } from "./ttft.ts";

const MODEL = modelNameOf({ firstTokenMs: 0, tokens: 20, gapMs: 0 });
/** Buffers of what has just happened are given back by then. */
const REST_MS = 3000;
const MEGABYTE = 1024 * 1024;

/** Measures every contender in a fresh process of its own, one after another. */
export async function memory(world: World): Promise<void> {
  for (const { name } of world.contenders) {
    if (name === "direct") continue;
    try {
      const contender = await world.startFresh(name);
      try {
        await memoryOfOne(world, contender);
      } finally {
        await contender.stop();
      }
    } catch (error) {
      world.say(`${name} failed and is left out: ${wordsOf(error)}`);
    }
  }
}

async function memoryOfOne(world: World, contender: Contender): Promise<void> {
  const rest = world.short ? 1000 : REST_MS;
  const add = (figure: string, value: number) => world.book.add(figure, contender.name, value);
  await pause(rest);
  add(FIGURES.restMegabytes, memoryOf(contender.processIds()) / MEGABYTE);
  // Warmed up by one group, so that what is made once does not count as what a group adds.
  const [first] = await openMany(contender, MODEL, 1);
  await first?.turn();
  const groups = world.short ? 20 : 100;
  const before = await settledMemory(contender, rest);
  const opened = await openMany(contender, MODEL, groups);
  await Promise.all(opened.map((each) => each.turn()));
  const after = await settledMemory(contender, rest);
  add(FIGURES.groupKilobytes, (after - before) / groups / 1024);
  if (first?.watch !== undefined) {
    const clients = world.short ? 40 : 200;
    const watchers = await watchMany(first, clients);
    const watched = await settledMemory(contender, rest);
    add(FIGURES.clientKilobytes, (watched - after) / clients / 1024);
    await Promise.all(watchers.map((watcher) => watcher.close()));
  }
  await Promise.all(opened.map((each) => each.close()));
  await first?.close();
}

async function settledMemory(contender: Contender, rest: number): Promise<number> {
  await pause(rest);
  return memoryOf(contender.processIds());
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
