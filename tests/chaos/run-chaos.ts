// One chaos run: the real product under load, killed with -9 again and again on the same data, then judged.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import type { EventOf, GroupEvent, MessageId } from "@acos/protocol";

import { startEffectServer } from "../effect-server.ts";
import { startProduct } from "../product.ts";
import { startScriptedModel } from "../scripted-model.ts";
import { makeCast, type Cast } from "./cast.ts";
import { startChaosClient, type ChaosClient } from "./chaos-client.ts";
import { check } from "./checker.ts";
import type { Entry, History, Outcome, Violation } from "./history.ts";
import { keep, type Work } from "./keeper.ts";
import { pickMishap, reviveEnded, strike, type Running } from "./mishaps.ts";
import { readOutcome, settled, type Reader } from "./outcome.ts";
import { seeded, type Random } from "./random.ts";
import { aim, watchUnderWay, type UnderWay } from "./under-way.ts";
import { act, answerEvents } from "./workload.ts";

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  readonly clients: number;
  /** Folder of built Workers to run; left out: the launcher builds what is old at every start. */
  readonly bundles?: string;
  /** Kill -9 of the whole product and nothing else. */
  readonly killsOnly?: boolean;
  /** Goes on after the last kill until there was some of every kind of work, however few kills there are. */
  readonly untilSomeOfAll?: boolean;
  /** How long after the last restart runs may take to end. */
  readonly settleMs?: number;
  readonly tell?: (line: string) => void;
}

export interface ChaosReport {
  readonly violations: readonly Violation[];
  readonly history: History;
  readonly outcome: Outcome;
  /** From the kill until every client is live again, in ms. */
  readonly recoveriesMs: readonly number[];
}

/** The goal: no run, no job and no copy is left running a minute after a restart. */
const SETTLE_MS = 60_000;
/** Load between two kills. Some kills hit right after the start, when everything resumes. */
const LOAD_MS = { least: 30, most: 900 } as const;
/** Load after the last restart. */
const LAST_LOAD_MS = 2000;
/** What a short run waits for, and for how long. */
const SOME_OF_ALL: readonly (Work | GroupEvent["kind"])[] = [
  "archive",
  "fork",
  "import",
  "group-restored",
  "summary-made",
];
const SOME_OF_ALL_MS = 45_000;
/** A recovery that takes longer is a product that does not come back; most of it is for machines that do other work. */
const RECOVER_MS = 60_000;
/** Time that an effect takes: long enough for kills to fall into it. */
const EFFECT_MS = { least: 0, most: 500 } as const;

/** Does the whole run and answers what was found. Throws when the product does not start or clients cannot come back. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const random = seeded(options.seed);
  const data = mkdtempSync(join(tmpdir(), "acos-chaos-"));
  const model = await startScriptedModel();
  const effects = await startEffectServer(() => random.between(EFFECT_MS.least, EFFECT_MS.most));
  const env = {
    ACOS_EGRESS_ALLOW: effects.host,
    ...(options.bundles === undefined ? {} : { ACOS_DIST: options.bundles }),
  };
  const product = await startProduct({ data, env });
  const running = { product, options: { data, env, port: product.port } };
  const stage: Stage = {
    options,
    random,
    running,
    underWay: watchUnderWay(),
    history: [],
    seen: new Set(),
  };
  try {
    const cast = await makeCast(stage.running.product.url, {
      clients: options.clients,
      modelUrl: model.url,
      effectUrl: effects.url,
    });
    const recoveriesMs = await killAndRestart(stage, cast);
    const read = await readOutcome(reader(cast));
    const outcome = { ...read, hits: effects.hits };
    return {
      violations: check(stage.history, outcome),
      history: stage.history,
      outcome,
      recoveriesMs,
    };
  } catch (error) {
    throw new Error(
      `${String(error)}\nThe product's log ends with:\n${stage.running.product.stderr().slice(-4000)}`,
      { cause: error },
    );
  } finally {
    await stage.running.product.kill9();
    await Promise.all([model.close(), effects.close()]);
    rmSync(data, { recursive: true, force: true });
  }
}

interface Stage {
  readonly options: ChaosOptions;
  readonly random: Random;
  readonly running: Running;
  readonly underWay: UnderWay;
  readonly history: Entry[];
  /** Kinds of work that were done and of events that were seen. */
  readonly seen: Set<Work | GroupEvent["kind"]>;
}

const ownerOf = (cast: Cast) => cast.users[0] as Cast["users"][number];

const reader = (cast: Cast): Reader => {
  const { rest, org } = ownerOf(cast);
  return { rest, org, group: cast.group, others: cast.others };
};

async function killAndRestart(stage: Stage, cast: Cast): Promise<number[]> {
  const { options, random } = stage;
  const clients = startClients(stage, cast);
  const all = clients.map(({ client }) => client);
  let [over, quiet] = [false, false];
  const acting = clients.map(({ client, own }, index) =>
    act({
      client,
      own,
      random: seeded(options.seed * 1000 + index),
      isOver: () => over,
      isQuiet: () => quiet,
    }),
  );
  acting.push(
    keep({
      ...reader(cast),
      random: seeded(options.seed * 3000),
      record: (entry) => stage.history.push(entry),
      hush: (isQuiet) => (quiet = isQuiet),
      working: (isWorking) => (stage.underWay.isStoring = isWorking),
      did: (work) => stage.seen.add(work),
      isOver: () => over,
    }),
  );
  const recoveriesMs: number[] = [];
  try {
    await allLive(all);
    for (let kill = 1; kill <= options.kills; kill += 1) {
      await pause(random.between(LOAD_MS.least, LOAD_MS.most));
      await aim(stage.underWay, random);
      const from = Date.now();
      const mishap = options.killsOnly === true ? "kill" : pickMishap(random);
      await strike(stage.running, mishap, random);
      await allLive(all, () => reviveEnded(stage.running));
      recoveriesMs.push(Date.now() - from);
      options.tell?.(`${kill} ${mishap}: all clients live after ${Date.now() - from} ms`);
    }
    await pause(LAST_LOAD_MS);
    if (options.untilSomeOfAll === true) await someOfAll(stage);
    over = true;
    await Promise.all(acting);
    await comeToRest(stage, cast, all);
  } finally {
    over = true;
    await Promise.all(all.map((client) => client.leave()));
  }
  return recoveriesMs;
}

/** From the last restart on: every command is answered, every run ends, then one more client reads everything. */
async function comeToRest(
  stage: Stage,
  cast: Cast,
  clients: readonly ChaosClient[],
): Promise<void> {
  const { options } = stage;
  const from = Date.now();
  const deadline = from + (options.settleMs ?? SETTLE_MS);
  const tell = (what: string) => options.tell?.(`${what} after ${Date.now() - from} ms`);
  await drained(clients, deadline);
  tell("every command answered");
  await settled(reader(cast), deadline);
  tell("every run, job and copy ended");
  await lookOnce(stage, cast);
}

interface Player {
  readonly client: ChaosClient;
  readonly own: () => readonly MessageId[];
}

function startClients(stage: Stage, cast: Cast): Player[] {
  const { options, history } = stage;
  const clients: ChaosClient[] = [];
  const players: Player[] = [];
  const answer = answerEvents(clients, stage.random);
  for (let count = 0; count < options.clients; count += 1) {
    const user = cast.users[count % cast.users.length] as Cast["users"][number];
    const name = `client${count + 1}`;
    const own = new Set<MessageId>();
    clients.push(
      startChaosClient({
        name,
        rest: user.rest,
        group: cast.group,
        random: seeded(options.seed * 2000 + count),
        record: (entry) => history.push(entry),
        onEvent: (event) => {
          stage.underWay.take(event);
          stage.seen.add(event.kind);
          answer(event);
          if (isOwn(event, name)) own.add(event.message);
        },
      }),
    );
    players.push({ client: clients[count] as ChaosClient, own: () => [...own] });
  }
  return players;
}

/** Whether a message holds this client's word; editing it does not make it another's. */
function isOwn(event: GroupEvent, client: string): event is EventOf<"message-posted"> {
  if (event.kind !== "message-posted" || event.run !== undefined) return false;
  return event.parts[0]?.text.startsWith(`${client}-w`) === true;
}

/** One more client reads everything from the beginning, after the storm. */
async function lookOnce(stage: Stage, cast: Cast): Promise<void> {
  const client = startChaosClient({
    name: "late",
    rest: ownerOf(cast).rest,
    group: cast.group,
    random: seeded(stage.options.seed),
    record: (entry) => stage.history.push(entry),
    onEvent: () => undefined,
  });
  await allLive([client]).finally(() => client.leave());
}

async function allLive(
  clients: readonly ChaosClient[],
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<void> {
  const deadline = Date.now() + RECOVER_MS;
  while (!clients.every((client) => client.isLive())) {
    if (Date.now() > deadline) {
      const phases = clients.map((client) => client.phase()).join("\n");
      throw new Error(`Waited in vain for every client to be live:\n${phases}`);
    }
    await meanwhile();
    await pause(10);
  }
}

const someOfAll = ({ seen }: Stage) =>
  until(
    () => SOME_OF_ALL.every((kind) => seen.has(kind)),
    Date.now() + SOME_OF_ALL_MS,
    `some of everything: ${SOME_OF_ALL.join(", ")}`,
  );

const drained = (clients: readonly ChaosClient[], deadline: number) =>
  until(
    () => clients.every((client) => client.waiting() === 0),
    deadline,
    "every command to be answered",
  );

async function until(holds: () => boolean, deadline: number, what: string): Promise<void> {
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}.`);
    await pause(10);
  }
}
