// Suite `stream`: a long reply at full speed to one client, and ten of them at once.
import type { Contender } from "../contenders/contender.ts";
import { FIGURES } from "../harness/names.ts";
import { median } from "../harness/statistics.ts";
import { record, recordOverhead, sampleRounds, type Sample, type World } from "../harness/world.ts";
import { modelNameOf } from "../model-name.ts";
import { openMany } from "./ttft.ts";

const STREAMS = 10;
const FULL_SPEED = { firstTokenMs: 0, gapMs: 0 };
const REPLY = modelNameOf({ ...FULL_SPEED, tokens: 200 });

/** Runs both jobs of the suite. */
export async function stream(world: World): Promise<void> {
  const turns = world.short ? 3 : 8;
  const one = await sampleRounds(world, world.contenders, (each) => oneReply(each, turns));
  recordOverhead(world.book, one, { key: "total", name: FIGURES.replyMs });
  const tokens = world.short ? 200 : 1000;
  const many = await sampleRounds(world, world.contenders, (each) => manyReplies(each, tokens));
  record(world.book, many, { key: "perSecond", name: FIGURES.tokensPerSecond });
}

async function oneReply(contender: Contender, turns: number): Promise<Sample> {
  const conversation = await contender.open(REPLY);
  await conversation.turn();
  const totals: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) totals.push((await conversation.turn()).lastMs);
  await conversation.close();
  return { total: median(totals) };
}

async function manyReplies(contender: Contender, tokens: number): Promise<Sample> {
  const opened = await openMany(contender, modelNameOf({ ...FULL_SPEED, tokens }), STREAMS);
  await Promise.all(opened.map((each) => each.turn()));
  const timings = await Promise.all(opened.map((each) => each.turn()));
  await Promise.all(opened.map((each) => each.close()));
  const seconds = Math.max(...timings.map(({ lastMs }) => lastMs)) / 1000;
  return { perSecond: (STREAMS * tokens) / seconds };
}
