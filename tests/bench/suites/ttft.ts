// Suite `ttft`: how much later than in the direct call the first token comes, and the CPU that a turn costs.
import type { Contender, Conversation, TurnTiming } from "../contenders/contender.ts";
import { FIGURES } from "../harness/names.ts";
import { cpuSecondsOf } from "../harness/processes.ts";
import { median, percentile } from "../harness/statistics.ts";
import { record, recordOverhead, sampleRounds, type Sample, type World } from "../harness/world.ts";
import { modelNameOf } from "../model-name.ts";

/** Long enough that the model's own wait dominates and short enough for many rounds. */
const MODEL = modelNameOf({ firstTokenMs: 30, tokens: 20, gapMs: 0 });
/** Work that follows the last frame (journal, sockets) belongs to the turns' CPU. */
const SETTLE_MS = 200;

interface Load {
  readonly clients: number;
  /** Turns of each client, all clients at once. */
  readonly waves: number;
}

/** Runs the suite for every number of clients. */
export async function ttft(world: World): Promise<void> {
  for (const load of loadsOf(world)) {
    const samples = await sampleRounds(world, world.contenders, (contender) =>
      firstTokens(contender, load),
    );
    const { clients } = load;
    recordOverhead(world.book, samples, { key: "median", name: FIGURES.firstTokenMs(clients) });
    recordOverhead(world.book, samples, { key: "p95", name: FIGURES.firstTokenP95Ms(clients) });
    if (clients === 10)
      record(world.book, samples, { key: "cpu", name: FIGURES.cpuPerThousandTurns });
  }
}

function loadsOf({ short }: World): Load[] {
  if (short)
    return [
      { clients: 1, waves: 8 },
      { clients: 10, waves: 3 },
    ];
  return [
    { clients: 1, waves: 20 },
    { clients: 10, waves: 10 },
    { clients: 50, waves: 4 },
  ];
}

async function firstTokens(contender: Contender, { clients, waves }: Load): Promise<Sample> {
  const opened = await openMany(contender, MODEL, clients);
  await wave(opened); // the first turn of a conversation pays for what later ones find made
  const cpu = cpuSecondsOf(contender.processIds());
  const timings: TurnTiming[] = [];
  for (let turn = 0; turn < waves; turn += 1) timings.push(...(await wave(opened)));
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const used = cpuSecondsOf(contender.processIds()) - cpu;
  await Promise.all(opened.map((each) => each.close()));
  const firsts = timings.map(({ firstMs }) => firstMs);
  const sample = { median: median(firsts), p95: percentile(firsts, 0.95) };
  const own = contender.processIds().length > 0;
  return own ? { ...sample, cpu: (used / timings.length) * 1000 } : sample;
}

/** Opens that many conversations, a few at a time. */
export async function openMany(
  contender: Contender,
  model: string,
  count: number,
): Promise<Conversation[]> {
  const opened: Conversation[] = [];
  while (opened.length < count) {
    const few = Math.min(5, count - opened.length);
    opened.push(...(await Promise.all(Array.from({ length: few }, () => contender.open(model)))));
  }
  return opened;
}

function wave(opened: readonly Conversation[]): Promise<TurnTiming[]> {
  return Promise.all(opened.map((each) => each.turn()));
}
