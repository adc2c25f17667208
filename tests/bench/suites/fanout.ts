// Suite `fanout`: one agent's answer to many onlookers, as a burst and at a model's own pace.
import type { Contender, Conversation, Watcher } from "../contenders/contender.ts";
import { FIGURES } from "../harness/names.ts";
import { cpuSecondsOf } from "../harness/processes.ts";
import { median } from "../harness/statistics.ts";
import { record, recordOverhead, sampleRounds, type Sample, type World } from "../harness/world.ts";
import { modelNameOf, replyLengthOf } from "../model-name.ts";

const BURST = modelNameOf({ firstTokenMs: 20, tokens: 200, gapMs: 0 });
/** 100 tokens a second, for two seconds or half a one. */
const pacedFor = (tokens: number) => modelNameOf({ firstTokenMs: 20, tokens, gapMs: 10 });

/** Runs both jobs for every contender that knows onlookers, with the direct call as the base. */
export async function fanout(world: World): Promise<void> {
  const count = world.short ? 20 : 100;
  const able = await contendersThatWatch(world);
  const burst = await sampleRounds(world, able, (each) => watchedReplies(each, count, BURST));
  recordOverhead(world.book, burst, { key: "last", name: FIGURES.burstMs });
  const pace = pacedFor(world.short ? 50 : 200);
  const paced = await sampleRounds(world, able, (each) => watchedReplies(each, count, pace));
  recordOverhead(world.book, paced, { key: "last", name: FIGURES.pacedDelayMs });
  record(world.book, paced, { key: "cpu", name: FIGURES.pacedCpu });
}

async function contendersThatWatch(world: World): Promise<Contender[]> {
  const able: Contender[] = [];
  for (const contender of world.contenders) {
    const probe = await contender.open(BURST);
    if (probe.watch !== undefined || contender.name === "direct") able.push(contender);
    await probe.close();
  }
  return able;
}

async function watchedReplies(contender: Contender, count: number, model: string): Promise<Sample> {
  const conversation = await contender.open(model);
  const watchers = await watchMany(conversation, count);
  // Also the first is waited for at every onlooker, so that nothing of it is left to be read.
  await lastSeen(conversation, watchers, model);
  const cpu = cpuSecondsOf(contender.processIds());
  const lasts: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) lasts.push(await lastSeen(conversation, watchers, model));
  const used = (cpuSecondsOf(contender.processIds()) - cpu) / lasts.length;
  await Promise.all([conversation, ...watchers].map((each) => each.close()));
  const sample = { last: median(lasts) };
  return contender.processIds().length > 0 ? { ...sample, cpu: used } : sample;
}

/** Adds that many onlookers, a few at a time; none where the contender knows none. */
export async function watchMany(conversation: Conversation, count: number): Promise<Watcher[]> {
  const watchers: Watcher[] = [];
  const { watch } = conversation;
  if (watch === undefined) return watchers;
  while (watchers.length < count) {
    const few = Math.min(10, count - watchers.length);
    watchers.push(...(await Promise.all(Array.from({ length: few }, () => watch()))));
  }
  return watchers;
}

/** Milliseconds from the post until the last onlooker has the last token; the client's own where nobody looks on. */
async function lastSeen(
  conversation: Conversation,
  watchers: readonly Watcher[],
  model: string,
): Promise<number> {
  const began = performance.now();
  const seen = Promise.all(watchers.map((watcher) => watcher.seen(replyLengthOf(model))));
  const { lastMs } = await conversation.turn();
  const times = await seen;
  return times.length === 0 ? lastMs : Math.max(...times) - began;
}
