// Suite `watchers`: the bytes that an idle onlooker receives for one turn must not grow with the group's history.
import type { Contender } from "../contenders/contender.ts";
import { FIGURES } from "../harness/names.ts";
import { wordsOf, type World } from "../harness/world.ts";
import { modelNameOf } from "../model-name.ts";
import { watchMany } from "./fanout.ts";

const MODEL = modelNameOf({ firstTokenMs: 10, tokens: 20, gapMs: 0 });
/** How deltas fall into windows differs from turn to turn: the fewest bytes of several turns are a fixed number. */
const TURNS = 7;
/** Frames that follow the run's end (presence, lists) have come by then. */
const SETTLE_MS = 150;

/** Counts for every contender with onlookers, at no history and at a long one; a peer's history is a fifth as long. */
export async function watchers(world: World): Promise<void> {
  const long = world.short ? 1000 : 5000;
  for (const contender of world.contenders) {
    const depths = contender.name === "AIChatAgent" ? [0, long / 5] : [0, long];
    for (const messages of depths)
      try {
        const bytes = await bytesATurn(contender, messages);
        if (bytes !== undefined)
          world.book.add(FIGURES.watcherBytes(messages), contender.name, bytes);
      } catch (error) {
        world.say(`${contender.name} failed at ${messages} messages: ${wordsOf(error)}`);
      }
  }
}

async function bytesATurn(contender: Contender, messages: number): Promise<number | undefined> {
  const conversation = await contender.open(MODEL);
  const [watcher] = await watchMany(conversation, 1);
  if (watcher === undefined || conversation.seed === undefined) {
    await conversation.close();
    return undefined;
  }
  if (messages > 0) await conversation.seed(messages);
  await conversation.turn();
  const bytes: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    await settled();
    const before = watcher.bytes();
    await conversation.turn();
    await settled();
    bytes.push(watcher.bytes() - before);
  }
  await watcher.close();
  await conversation.close();
  return Math.min(...bytes);
}

const settled = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
