// Groups of any length on a running product: a log is grown in this process and brought in as a bundle, as a user would.
import { setImmediate } from "node:timers/promises";

import {
  BUNDLE_TYPE,
  type AgentId,
  type BundleAgent,
  type GroupView,
  type JobView,
  type LogEvent,
  type Page,
} from "@acos/protocol";

import type { ProductUser } from "../contenders/product.ts";
import { seededRandom } from "../harness/rounds.ts";
import { BundleLog } from "./bundle.ts";
import { GrowingLog, spanOf, type GrownPoint } from "./growing-log.ts";

export interface GrownGroup {
  readonly id: string;
  /** The length that was asked for. */
  readonly wanted: number;
  readonly point: GrownPoint;
  readonly bundleBytes: number;
  /** Seconds from sending the bundle until the group could be used. */
  readonly importSeconds: number;
}

export type AgentSettings = Omit<BundleAgent, "id" | "version" | "follow">;

/** A million messages on a busy machine take some minutes. */
const IMPORT_MAX_MS = 30 * 60_000;
const LOOK_EVERY_MS = 50;

/**
 * Makes a group for each length, shortest first, all of the same log, with the same agents. Each ends where its window has
 * just been cut, or at its length where it never was. Throws when the product refuses a bundle.
 */
export async function growGroups(
  user: ProductUser,
  settings: readonly AgentSettings[],
  lengths: readonly number[],
): Promise<readonly GrownGroup[]> {
  const agents = await makeAgents(user, settings);
  const origin = await user.rest.post<GroupView>(`/orgs/${user.org}/groups`, {
    name: "Grown",
    agents: agents.map(({ id }) => ({ id, version: "latest" })),
    policy: { wake: "mentions" },
  });
  const { items: seed } = await user.rest.get<Page<LogEvent>>(`/groups/${origin.id}/events`);
  const log = new BundleLog();
  const startAt = Date.now() - spanOf(Math.max(...lengths));
  const growing = new GrowingLog({ seed, startAt, random: seededRandom(1) }, (events) =>
    log.add(events),
  );
  const grown: GrownGroup[] = [];
  for (const wanted of lengths) {
    const point = await growing.growTo(wanted);
    const about = { group: origin.id, name: `Grown ${wanted}`, agents, exportedAt: Date.now() };
    const bundle = log.bundle(about);
    await setImmediate();
    const began = performance.now();
    const id = await bringIn(user, bundle);
    const importSeconds = (performance.now() - began) / 1000;
    grown.push({ id, wanted, point, bundleBytes: bundle.length, importSeconds });
  }
  return grown;
}

async function makeAgents(
  { rest, org }: ProductUser,
  settings: readonly AgentSettings[],
): Promise<readonly BundleAgent[]> {
  const agents: BundleAgent[] = [];
  for (const each of settings) {
    const { id } = await rest.post<{ id: AgentId }>(`/orgs/${org}/agents`, each);
    agents.push({ ...each, id, version: 1, follow: "latest" });
  }
  return agents;
}

async function bringIn({ rest, org }: ProductUser, bundle: Buffer): Promise<string> {
  const raw = new Uint8Array(bundle.buffer as ArrayBuffer, bundle.byteOffset, bundle.length);
  const headers = { "content-type": BUNDLE_TYPE };
  const sent = await rest.call<GroupView>("POST", `/orgs/${org}/groups/import`, { raw, headers });
  if (sent.status !== 201)
    throw new Error(`the bundle was refused with ${sent.status}: ${JSON.stringify(sent.body)}`);
  const { id } = sent.body;
  await waitFor(IMPORT_MAX_MS, async () => {
    const { state } = await rest.get<GroupView>(`/groups/${id}`);
    return state === "active";
  });
  return id;
}

/** Resolves when nothing is done to the group's storage any more. */
export async function jobsOver({ rest }: ProductUser, group: string): Promise<void> {
  await waitFor(IMPORT_MAX_MS, async () => {
    const { items } = await rest.get<Page<JobView>>(`/groups/${group}/jobs`);
    const failed = items.find(({ state }) => state === "failed");
    if (failed) throw new Error(`a job failed: ${JSON.stringify(failed)}`);
    return items.every(({ state }) => state === "done");
  });
}

async function waitFor(longestMs: number, holds: () => Promise<boolean>): Promise<void> {
  for (const began = performance.now(); performance.now() - began < longestMs;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error(`waited ${longestMs / 1000} s in vain`);
}
