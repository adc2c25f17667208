// Suite `hotpath-reads`: exact counts of what messages and runs ask of bindings and of SQLite once everything is warm.
import { rmSync } from "node:fs";

import { HOT_MAX_EVENTS, type GroupView } from "@acos/protocol";

import { productContender, type ProductContender } from "../contenders/product.ts";
import { openGroupClient } from "../contenders/group-client.ts";
import { makeAgent, makeGroup } from "../contenders/product.ts";
import { buildCounting } from "../hotpath/counting-build.ts";
import type { Counts } from "../hotpath/counting-bindings.ts";
import { FIGURES } from "../harness/names.ts";
import type { World } from "../harness/world.ts";
import { modelNameOf } from "../model-name.ts";

const MODEL = modelNameOf({ firstTokenMs: 0, tokens: 5, gapMs: 0 });
const WARM_TURNS = 20;
/** So many messages before the counting begins that old events begin to move to R2 while it goes on. */
const POSTS_BEFORE = HOT_MAX_EVENTS - 300;

interface StarCounts {
  readonly orchestrator: Counts;
  readonly group: Counts;
  readonly agents: Counts;
}

interface Moment {
  readonly head: number;
  readonly counts: StarCounts;
}

/** Runs a product of its own with counters round every binding. */
export async function hotpathReads(world: World): Promise<void> {
  const bundles = await buildCounting();
  try {
    const contender = await productContender(world.modelUrl, { ACOS_DIST: bundles });
    try {
      await countHotPath(world, contender);
    } finally {
      await contender.stop();
    }
  } finally {
    rmSync(bundles, { recursive: true, force: true });
  }
}

async function countHotPath(world: World, { product, user }: ProductContender): Promise<void> {
  const number = world.short ? 100 : 1000;
  const agent = await makeAgent(user, MODEL);
  const group = await makeGroup(user, agent);
  const asking = await openGroupClient(user.rest, group);
  const poster = (await openGroupClient(user.rest, group)).poster();
  const counted = async (): Promise<Moment> => {
    const { head } = await user.rest.get<GroupView>(`/groups/${group}`);
    return { head, counts: await countsOf(product.url, group) };
  };
  for (let turn = 0; turn < WARM_TURNS; turn += 1) await asking.turn(agent.handle, MODEL);
  await poster.post(POSTS_BEFORE);

  const begin = await counted();
  await poster.post(number);
  const posted = await counted();
  for (let turn = 0; turn < number; turn += 1) await asking.turn(agent.handle, MODEL);
  const ran = await counted();
  await Promise.all([asking.close(), poster.close()]);
  enterCold(world, begin.counts);
  enter(world, begin, posted, `${number} messages`);
  enter(world, posted, ran, `${number} runs`);
  enterMoving(world, begin, ran);
}

async function countsOf(url: string, group: string): Promise<StarCounts> {
  const response = await fetch(`${url}/bench-counts?group=${group}`);
  if (!response.ok) throw new Error(`the counters answered ${response.status}`);
  return (await response.json()) as StarCounts;
}

/** The moving of old events, which no message and no run waits for, beside the events that came meanwhile. */
function enterMoving(world: World, before: Moment, after: Moment): void {
  const calls = after.counts.group.moving - before.counts.group.moving;
  const events = after.head - before.head;
  world.book.add(FIGURES.movingCalls, "acos", calls);
  world.book.add(FIGURES.movingCallsPerThousand, "acos", (calls / events) * 1000);
}

const KINDS = {
  "D1 calls": "d1",
  "R2 calls": "r2",
  "KV calls": "kv",
  "calls of the certificate authority": "authority",
  "calls for agent records": "records",
  "calls of the Agents Worker": "agents",
  "summaries meanwhile": "summaries",
  "SQL statements": "statements",
  "SQL rows read": "rowsRead",
  "SQL rows written": "rowsWritten",
} as const;

/** What it took until everything was warm: shows that the counters count. */
function enterCold(world: World, { orchestrator, agents }: StarCounts): void {
  world.book.add(FIGURES.hotCalls("D1 calls", "until warm"), "acos", orchestrator.d1);
  world.book.add(FIGURES.hotCalls("KV calls", "until warm"), "acos", orchestrator.kv + agents.kv);
}

function enter(world: World, before: Moment, after: Moment, per: string): void {
  for (const [words, kind] of Object.entries(KINDS)) {
    const sum = (counts: StarCounts) =>
      counts.orchestrator[kind] + counts.group[kind] + counts.agents[kind];
    world.book.add(FIGURES.hotCalls(words, per), "acos", sum(after.counts) - sum(before.counts));
  }
}
