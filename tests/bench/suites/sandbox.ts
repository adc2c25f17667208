// Suite `sandbox`: how soon a sandbox is there, what running `true` in it takes beside bare ways, and twenty at once.
import { rmSync } from "node:fs";

import { sandboxStatusSchema } from "@acos/protocol";

import {
  hostIsThere,
  startHost,
  type HostProcess,
} from "../../conformance/sandbox/host-process.ts";
import {
  DEFAULT_OPENING,
  expectOk,
  OPENING,
  SandboxClient,
} from "../../conformance/sandbox/sandbox-client.ts";
import { startProduct } from "../../product.ts";
import { signUp, type Rest } from "../../rest.ts";
import { bareCommands, timeOf } from "../contenders/bare-commands.ts";
import { productEnvironment } from "../contenders/product-environment.ts";
import type { ContenderName } from "../harness/figures.ts";
import { FIGURES } from "../harness/names.ts";
import { memoryOf } from "../harness/processes.ts";
import { percentile } from "../harness/statistics.ts";
import { record, sampleRounds, type Sample, type World } from "../harness/world.ts";

const AT_ONCE = 20;
/** In one round. */
const STARTS = { full: 10, short: 4 };
const RUNS = { full: 40, short: 10 };
/** Time for a host to make the next sandbox ready, several times what one takes. */
const REFILL_MS = 2_000;
/** Keeps twice what a sandbox may have: in memory, so that it must be ended. */
const HOG = `head -c ${OPENING.limits.memoryMiB * 2}M /dev/zero | tail -c ${OPENING.limits.memoryMiB * 2}M > /dev/null; exit "\${PIPESTATUS[1]}"`;
const MEGABYTE = 1024 * 1024;

/** Measures on hosts of its own, and by REST on a product of its own. */
export async function sandbox(world: World): Promise<void> {
  if (!hostIsThere()) return world.say("sandbox: the Sandbox Host comes with a later part");
  await coldStarts(world, "without");
  await coldStarts(world, "with");
  await runningTrue(world);
  await manyAtOnce(world);
  await runningTrueByRest(world);
}

async function coldStarts(world: World, pool: "with" | "without"): Promise<void> {
  const host = await startHost({ pool: pool === "with" ? 1 : 0 });
  try {
    const group = await host.authority.group();
    const samples = await sampleRounds(world, [{ name: "acos" } as const], async () => {
      const times: number[] = [];
      for (let start = 0; start < countOf(world, STARTS); start += 1) {
        if (pool === "with") await pause(REFILL_MS);
        const one = new SandboxClient(host, group);
        const began = performance.now();
        await one.open(DEFAULT_OPENING);
        times.push(performance.now() - began);
        await one.destroy();
      }
      return sharesOf(times);
    });
    recordShares(world, samples, (share) => FIGURES.sandboxStartMs(pool, share));
  } finally {
    await host.stop();
  }
}

interface Contestant {
  readonly name: ContenderName;
  readonly once: () => Promise<number>;
}

async function runningTrue(world: World): Promise<void> {
  const host = await startHost();
  try {
    const one = await openedOn(host);
    const bare = bareCommands(world.say).map((each): Contestant => ({
      name: each.name,
      once: () => timeOf(each),
    }));
    const own: Contestant = { name: "acos", once: () => timeOfTrue(one) };
    for (const { once } of [own, ...bare]) await once();
    const samples = await sampleRounds(world, [own, ...bare], ({ once }) => manyTimes(world, once));
    recordShares(world, samples, FIGURES.sandboxTrueMs);
  } finally {
    await host.stop();
  }
}

async function manyTimes(world: World, once: () => Promise<number>): Promise<Sample> {
  const times: number[] = [];
  for (let run = 0; run < countOf(world, RUNS); run += 1) times.push(await once());
  return sharesOf(times);
}

function sharesOf(times: readonly number[]): Sample {
  return { p50: percentile(times, 0.5), p95: percentile(times, 0.95) };
}

function recordShares(
  { book }: World,
  samples: ReadonlyMap<ContenderName, readonly Sample[]>,
  nameOf: (share: "p50" | "p95") => string,
): void {
  for (const key of ["p50", "p95"] as const) record(book, samples, { key, name: nameOf(key) });
}

async function timeOfTrue(one: SandboxClient): Promise<number> {
  const began = performance.now();
  const { exit } = await one.run("true");
  if (exit.code !== 0) throw new Error(`true ended with ${exit.code}`);
  return performance.now() - began;
}

async function manyAtOnce({ book }: World): Promise<void> {
  const host = await startHost({ pool: 0, maxRunning: AT_ONCE });
  try {
    const group = await host.authority.group();
    const all = Array.from({ length: AT_ONCE }, () => new SandboxClient(host, group));
    const began = performance.now();
    await Promise.all(all.map((one) => one.open()));
    book.add(FIGURES.sandboxesOpenedMs, "acos", performance.now() - began);
    book.add(FIGURES.sandboxesOpened, "acos", all.length);
    const times = await Promise.all(all.map(timeOfTrue));
    book.add(FIGURES.sandboxesTrueP95Ms, "acos", percentile(times, 0.95));
    book.add(FIGURES.sandboxMegabytes, "acos", memoryOf([host.pid]) / MEGABYTE / AT_ONCE);
    const [hog, ...others] = all;
    const got = await hog!.run(HOG).then(
      ({ exit }) => exit.code === 0,
      // Its sandbox was ended with it: that is a way of not getting it, too.
      () => false,
    );
    book.add(FIGURES.sandboxHogs, "acos", got ? 1 : 0);
    const over = await Promise.all(others.map(isOverLimit));
    book.add(FIGURES.sandboxesOverLimit, "acos", over.filter(Boolean).length);
    await Promise.all(others.map(timeOfTrue));
  } finally {
    await host.stop();
  }
}

async function isOverLimit(one: SandboxClient): Promise<boolean> {
  const response = await expectOk(await one.ask(""));
  const { usage } = sandboxStatusSchema.parse(await response.json());
  if (usage === undefined) throw new Error("the host does not tell what a sandbox uses");
  const { memoryMiB, pids, diskMiB } = OPENING.limits;
  return usage.memoryMiB > memoryMiB || usage.pids > pids || usage.diskMiB > diskMiB;
}

/** The whole way: a person's script, the Orchestrator, the group, the host, the sandbox, and back. */
async function runningTrueByRest(world: World): Promise<void> {
  const env = { ...productEnvironment(), ACOS_SANDBOXES: "auto" };
  const product = await startProduct({ env });
  try {
    const { rest, org } = await signUp(product.url, "sandboxes");
    const group = await rest.post<{ id: string }>(`/orgs/${org}/groups`, { name: "Sandboxes" });
    const made = await rest.post<{ sandbox: string }>(`/groups/${group.id}/sandboxes`, {});
    const path = `/groups/${group.id}/sandboxes/${made.sandbox}/exec`;
    await restTrue(rest, path);
    const samples = await sampleRounds(world, [{ name: "acos" } as const], () =>
      manyTimes(world, () => restTrue(rest, path)),
    );
    recordShares(world, samples, FIGURES.sandboxRestTrueMs);
  } finally {
    await product.stop();
    rmSync(product.data, { recursive: true, force: true });
  }
}

async function restTrue(rest: Rest, path: string): Promise<number> {
  const began = performance.now();
  const { code } = await rest.post<{ code: number | null }>(path, { command: "true" });
  if (code !== 0) throw new Error(`true ended with ${code}`);
  return performance.now() - began;
}

async function openedOn(host: HostProcess): Promise<SandboxClient> {
  const one = new SandboxClient(host, await host.authority.group());
  await one.open();
  return one;
}

function countOf({ short }: World, count: { readonly full: number; readonly short: number }) {
  return short ? count.short : count.full;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
