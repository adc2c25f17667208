// Suite `messages`: how many messages a second one group of ten takes, each on disk before it is acknowledged, and
// whether every acknowledged one is there, once, after a kill -9 in the midst of them.
import type { Contender } from "../contenders/contender.ts";
import { FIGURES } from "../harness/names.ts";
import { record, sampleRounds, type Sample, type World } from "../harness/world.ts";
import { modelNameOf } from "../model-name.ts";
import { killAudit } from "./kill-audit.ts";

const CLIENTS = 10;
const MODEL = modelNameOf({ firstTokenMs: 0, tokens: 1, gapMs: 0 });

/** Runs the rounds for every contender that takes messages nobody answers, then the audit on the product. */
export async function messages(world: World): Promise<void> {
  const able = world.contenders.filter(({ name }) => name === "bare-room" || name === "acos");
  const each = world.short ? 100 : 1000;
  const samples = await sampleRounds(world, able, (contender) => posted(contender, each));
  record(world.book, samples, { key: "perSecond", name: FIGURES.messagesPerSecond });
  if (able.some(({ name }) => name === "acos")) await killAudit(world);
  world.say("two shards of the group controller (the other half of P12) do not exist yet");
}

async function posted(contender: Contender, each: number): Promise<Sample> {
  const conversation = await contender.open(MODEL);
  const { poster: join } = conversation;
  if (join === undefined) throw new Error(`${contender.name} has no clients that only post`);
  const posters = await Promise.all(Array.from({ length: CLIENTS }, () => join()));
  const began = performance.now();
  await Promise.all(posters.map((poster) => poster.post(each)));
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(posters.map((poster) => poster.close()));
  await conversation.close();
  return { perSecond: (CLIENTS * each) / seconds };
}
