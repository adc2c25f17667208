// One run of the benchmark, from the model server's start to the last figure; bench.ts and the tests both call it.
import { startContender, startContenders } from "./contenders/start.ts";
import { startChild } from "./harness/child-process.ts";
import { FigureBook, PEERS, type ContenderName, type Figure } from "./harness/figures.ts";
import type { BenchFlags, SuiteName } from "./harness/flags.ts";
import { machineMeter, seededRandom } from "./harness/rounds.ts";
import { wordsOf, type World } from "./harness/world.ts";
import { auth } from "./suites/auth.ts";
import { context } from "./suites/context.ts";
import { fanout } from "./suites/fanout.ts";
import { hotpathReads } from "./suites/hotpath-reads.ts";
import { memory } from "./suites/memory.ts";
import { messages } from "./suites/messages.ts";
import { revocation } from "./suites/revocation.ts";
import { restart } from "./suites/restart.ts";
import { sandbox } from "./suites/sandbox.ts";
import { stream } from "./suites/stream.ts";
import { ttft } from "./suites/ttft.ts";
import { watchers } from "./suites/watchers.ts";

const RUN: Readonly<Record<SuiteName, (world: World) => Promise<void>>> = {
  ttft,
  stream,
  fanout,
  watchers,
  messages,
  auth,
  revocation,
  "hotpath-reads": hotpathReads,
  memory,
  restart,
  context,
  sandbox,
};
/** Suites that start what they need themselves. */
const ALONE: readonly SuiteName[] = [
  "auth",
  "revocation",
  "hotpath-reads",
  "restart",
  "context",
  "sandbox",
];

export interface BenchResult {
  readonly figures: readonly Figure[];
  /** Suites that broke off and contenders of ours that did not start, with words. */
  readonly failures: readonly string[];
}

/** Runs the suites that the flags name. A suite that breaks off is a failure in words; the others go on. */
export async function runSuites(
  flags: BenchFlags,
  say: (line: string) => void,
): Promise<BenchResult> {
  const script = new URL("./model-server.ts", import.meta.url).pathname;
  const readyPattern = /listening (http:\S+)/;
  const server = await startChild({ command: process.execPath, args: [script], readyPattern });
  const shared = flags.suites.some((suite) => !ALONE.includes(suite));
  const names = shared ? namesOf(flags) : [];
  const { contenders, missing } = await startContenders(names, server.ready);
  const world: World = {
    contenders,
    startFresh: (name) => startContender(name, server.ready),
    modelUrl: server.ready,
    book: new FigureBook(),
    schedule: { rounds: flags.rounds, random: seededRandom(flags.seed) },
    meter: machineMeter(flags.short),
    short: flags.short,
    say,
  };
  // A peer may be missing on a machine; what is ours may not.
  const failures = [...missing].filter(([name]) => !PEERS.includes(name)).map(([, words]) => words);
  for (const words of missing.values()) say(words);
  for (const suite of flags.suites) {
    say(`${suite} …`);
    await RUN[suite](world).catch((error: unknown) => {
      failures.push(`${suite} broke off: ${wordsOf(error)}`);
    });
  }
  for (const contender of contenders) await contender.stop();
  await server.stop();
  return { figures: world.book.figures(), failures };
}

function namesOf(flags: BenchFlags): ContenderName[] {
  return ["direct", "bare-room", "acos", ...(flags.peers ? PEERS : [])];
}
