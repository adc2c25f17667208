// Suite `restart`: from kill -9 to the end of the run that was under way, with a long log in the group.
import { readFileSync, rmSync } from "node:fs";

import type { GroupFrame } from "@acos/protocol";

import { startProduct, type Product } from "../../product.ts";
import { growGroups, jobsOver, type AgentSettings } from "../context/grown-groups.ts";
import { openGroupClient, type GroupClient } from "../contenders/group-client.ts";
import { makeAgent, signUpWithModel, type ProductUser } from "../contenders/product.ts";
import { productEnvironment } from "../contenders/product-environment.ts";
import { FIGURES } from "../harness/names.ts";
import { listProcesses, treeOf } from "../harness/processes.ts";
import type { World } from "../harness/world.ts";
import { modelNameOf } from "../model-name.ts";

const MESSAGES = { full: 1_000_000, short: 20_000 };
const REPLY = modelNameOf({ firstTokenMs: 0, tokens: 5, gapMs: 0 });
/** More events than lie between two snapshots, so that a restart begins from one near the head. */
const POSTS_TO_SNAPSHOT = 600;
const ANSWERING: AgentSettings = {
  handle: "bench",
  name: "Bench",
  instructions: "Answer.",
  model: `fake/${REPLY}`,
  tools: [],
};

const LOOK_EVERY_MS = 5;
/** A busy machine with a million messages to read needs some of it; a hang needs more. */
const WAIT_MAX_MS = 60_000;

interface Place {
  readonly user: ProductUser;
  readonly group: string;
  readonly data: string;
  readonly port: number;
}

/** Measures on a product of its own, which it kills once a round. */
export async function restart(world: World): Promise<void> {
  const length = world.short ? MESSAGES.short : MESSAGES.full;
  const { place, product: first } = await longLivedGroup(world, length);
  let product = first;
  try {
    for (let round = 0; round < world.schedule.rounds; round += 1) {
      const outcome = await killedAndResumed(world, place, product);
      product = outcome.product;
      world.book.add(FIGURES.readyMs, "acos", outcome.readyMs);
      world.book.add(FIGURES.resumedMs, "acos", outcome.resumedMs);
    }
    world.say(`the group held ${length} messages`);
  } finally {
    await product.stop();
    rmSync(place.data, { recursive: true, force: true });
  }
}

/** A group of that length that somebody has visited since: its newest events and its state are where they are at rest. */
async function longLivedGroup(world: World, length: number) {
  const product = await startProduct({ env: productEnvironment() });
  const { data, port } = product;
  const user = await signUpWithModel(product.url, world.modelUrl);
  const [grown] = await growGroups(user, [ANSWERING], [length]);
  const group = grown!.id;
  await postTo(user, group, POSTS_TO_SNAPSHOT);
  await jobsOver(user, group);
  return { product, place: { user, group, data, port } };
}

async function postTo({ rest }: ProductUser, group: string, count: number): Promise<void> {
  const poster = (await openGroupClient(rest, group)).poster();
  await poster.post(count);
  await poster.close();
}

async function killedAndResumed(world: World, place: Place, product: Product) {
  const { user, group, data, port } = place;
  const model = `stall-${Math.random().toString(36).slice(2)}-${REPLY}`;
  const agent = await makeAgent(user, model);
  await user.rest.put(`/groups/${group}/members/${agent.id}`, { role: "member" });
  const asking = await openGroupClient(user.rest, group);
  const queued = asking.until((frame) => eventOf(frame, "run-queued") !== undefined);
  asking.send(`@${agent.handle} go on after the kill`);
  const frame = await queued;
  const run = eventOf(frame, "run-queued")?.run ?? "";
  await until(async () => (await stalledModels(world.modelUrl)).includes(model));

  const killedAt = performance.now();
  await product.kill9();
  // The client tries again and again, as clients do: it does not wait for the launcher's word.
  const ending = endOfRun(place, run);
  const starting = startProduct({ data, port, env: productEnvironment() });
  const readyMs = await starting.then(() => performance.now() - killedAt);
  const [next, endedAt] = await Promise.all([starting, ending]);
  return { product: next, readyMs, resumedMs: endedAt - runtimeStart(next.pid) };
}

type EventOf<K> = Extract<Extract<GroupFrame, { type: "event" }>["event"], { kind: K }>;

function eventOf<K extends string>(frame: GroupFrame, kind: K): EventOf<K> | undefined {
  return frame.type === "event" && frame.event.kind === kind
    ? (frame.event as EventOf<K>)
    : undefined;
}

/** When the run ended, by the log's own clock (ms since the epoch). Throws when it ended in any way but well. */
async function endOfRun({ user, group }: Place, run: string): Promise<number> {
  const client = await openedAgain(user, group);
  const ended = (frame: GroupFrame) => eventOf(frame, "run-ended")?.run === run;
  const found = client.seen.find(ended) ?? (await client.until(ended));
  await client.close();
  const event = eventOf(found, "run-ended");
  if (event?.outcome !== "done" || found.type !== "event")
    throw new Error(`the resumed run ended ${event?.outcome}: ${event?.reason ?? "no reason"}`);
  return found.at;
}

/** A socket as soon as there is somebody to open one. Throws when a minute has passed. */
async function openedAgain(user: ProductUser, group: string): Promise<GroupClient> {
  for (const began = performance.now(); ;)
    try {
      return await openGroupClient(user.rest, group);
    } catch (error) {
      if (performance.now() - began > WAIT_MAX_MS) throw error;
      await pause();
    }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));

/** When the older of the launcher's runtimes began (ms since the epoch): the launcher's own start is not its part. */
function runtimeStart(launcher: number): number {
  const uptimeSeconds = Number(readFileSync("/proc/uptime", "utf8").split(" ", 1)[0]);
  const bootMs = Date.now() - uptimeSeconds * 1000;
  const runtimes = treeOf(listProcesses(), [launcher]).filter(({ pid }) => isRuntime(pid));
  return bootMs + Math.min(...runtimes.map(({ startedAt }) => startedAt)) * 1000;
}

function isRuntime(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "workerd";
  } catch {
    return false; // it ended meanwhile
  }
}

/** Models that were asked and have not answered. Others are asked for summaries meanwhile. */
async function stalledModels(modelUrl: string): Promise<readonly string[]> {
  const response = await fetch(modelUrl.replace(/\/v1$/, "/counters"));
  return ((await response.json()) as { stalled: string[] }).stalled;
}

/** Looks again and again. Throws when a minute has passed. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const began = performance.now(); performance.now() - began < WAIT_MAX_MS; await pause())
    if (await holds()) return;
  throw new Error("waited a minute in vain for the model to be asked");
}
