// A thousand damages to what a group has in R2, one at a time: each is found out, and nothing but the truth is ever served.
import { env, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";

import { SNAPSHOT_TAIL_EVENTS, type LogEvent, type Problem, type Result } from "@acos/protocol";

import { gunzipText } from "../src/bytes.ts";
import type { TableRows } from "../src/archive/table-rows.ts";
import { numbersFrom } from "./long-log.ts";
import { controlOf, makeGroup, stubOf, type TestGroup } from "./member.ts";
import { grow } from "./mishaps.ts";

const BUCKET = (env as unknown as { ARCHIVE: R2Bucket }).ARCHIVE;
const DAMAGES = 1_000;
/** Groups that are damaged at the same time: most of a round goes by in waiting. */
const LANES = 5;
const SEED = 20_261_126;
const KINDS = ["snapshots/", "segments/", "filters/", "newest"] as const;

type Bytes = Uint8Array<ArrayBuffer>;
type Harm = readonly [name: string, (bytes: Bytes, random: () => number) => Bytes | null];

const HARMS: readonly Harm[] = [
  [
    "flip",
    (bytes, random) => {
      const at = Math.floor(random() * bytes.length);
      return bytes.with(at, bytes[at]! ^ (1 << Math.floor(random() * 8)));
    },
  ],
  ["cut", (bytes, random) => bytes.slice(0, Math.floor(random() * bytes.length))],
  ["loss", () => null],
];

/** All that the group has in R2 when it is archived, and what its readers knew then. */
interface Whole {
  readonly group: TestGroup;
  readonly objects: ReadonlyMap<string, Bytes>;
  readonly log: readonly LogEvent[];
}

const controlFor = ({ group }: Pick<Whole, "group">) => controlOf(stubOf(group.id));

/** More events than stay in an archive's snapshot: the first of them lie in a segment. */
const EVENTS = SNAPSHOT_TAIL_EVENTS + 150;

/** A group with three snapshots of different heads, and the segments and filters that each of them needs. */
async function archivedGroup(): Promise<Whole> {
  const group = await makeGroup();
  await grow(group, 0, EVENTS);
  for (let generation = 0; generation < 3; generation += 1) {
    await grow(group, 10_000 + generation * 10, 10_000 + generation * 10 + 5);
    await controlFor({ group }).archive(group.lena);
  }
  const objects = new Map<string, Bytes>();
  for (const { key } of (await BUCKET.list({ prefix: prefixOf(group) })).objects)
    objects.set(key, new Uint8Array(await (await BUCKET.get(key))!.arrayBuffer()));
  const log: LogEvent[] = [];
  for (let last = -1; last !== log.length;) {
    last = log.length;
    log.push(...must(await eventsAfter(group, last)).items);
  }
  // Reading it brought it back: that is no part of what was archived.
  return { group, objects, log: log.slice(0, -1) };
}

const prefixOf = (group: TestGroup) => `groups/${group.stub.id.toString()}/`;
const eventsAfter = (group: TestGroup, after: number) =>
  controlFor({ group }).events(group.lena, { after, limit: 500 });

function must<T>(answer: Result<T>): T {
  if (answer.ok) return answer.value;
  throw new Error(answer.problem.message);
}

/** An empty object again, and R2 as it was. */
async function reset({ group, objects }: Whole): Promise<void> {
  await runInDurableObject(stubOf(group.id), async (_object, { storage }) => {
    await storage.deleteAlarm();
    await storage.deleteAll();
  });
  await evictDurableObject(stubOf(group.id));
  for (const { key } of (await BUCKET.list({ prefix: prefixOf(group) })).objects)
    if (!objects.has(key)) await BUCKET.delete(key);
}

/** A snapshot's key, and the names of the segments and filters that it needs. */
interface Needing {
  readonly key: string;
  readonly names: ReadonlySet<string>;
}

/** The snapshots, oldest first. */
async function snapshotsOf({ group, objects }: Whole): Promise<readonly Needing[]> {
  const prefix = `${prefixOf(group)}snapshots/`;
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix));
  return Promise.all(
    keys.map(async (key) => {
      const { tables } = JSON.parse(await gunzipText(objects.get(key)!)) as { tables: TableRows };
      return { key, names: new Set(tables["segments"]!.rows.flat().map(String)) };
    }),
  );
}

/** What came of a damage: it was said, an older snapshot was used and that was said, or nobody noticed. */
type Outcome = "refused" | "older" | "silent";

const said = (answer: Result<unknown>): answer is { ok: false; problem: Problem } =>
  !answer.ok && answer.problem.code === "storage_damaged" && answer.problem.message.length > 40;

/** Looks at all that the damaged object is needed for. */
async function judge(whole: Whole, name: string): Promise<Outcome> {
  const { group, log } = whole;
  const view = await controlFor(whole).view(group.lena);
  if (!view.ok) return said(view) ? "refused" : "silent";
  if (name.startsWith("snapshots/")) return judgeReturn(whole);
  if (name.startsWith("filters/")) {
    const found = await controlFor(whole).search(group.lena, { q: "message", cursor: 0, limit: 5 });
    return said(found) ? "refused" : "silent";
  }
  const from = Number(/^segments\/(\d+)-/.exec(name)?.[1]);
  const page = await eventsAfter(group, from - 1);
  // What lies elsewhere is served on, as it was.
  expect(must(await eventsAfter(group, EVENTS)).items[0]).toEqual(log[EVENTS]);
  return said(page) ? "refused" : "silent";
}

/** The log after an older snapshot was used: the truth up to there, then the words about what is lost. */
async function judgeReturn({ group, log }: Whole): Promise<Outcome> {
  const { items } = must(await eventsAfter(group, EVENTS));
  const at = items.findLastIndex(({ event }) => event.kind === "group-restored");
  const restored = items[at];
  if (restored?.event.kind !== "group-restored" || !restored.event.lost) return "silent";
  const kept = items.slice(0, at);
  const truth = log.slice(EVENTS, EVENTS + kept.length);
  expect(kept).toEqual(truth);
  return "older";
}

type Counts = Record<string, number>;

/** Damages one group so many times, one object at a time, and mends it again; counts what came of it. */
async function damageOften(seed: number, times: number): Promise<Counts> {
  const whole = await archivedGroup();
  const random = numbersFrom(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const prefix = prefixOf(whole.group);
  const names = [...whole.objects.keys()].map((key) => key.slice(prefix.length));
  const snapshots = await snapshotsOf(whole);
  const counts: Counts = {};
  for (let round = 0; round < times; round += 1) {
    const kind = pick(KINDS);
    const name = pick(names.filter((each) => each.startsWith(kind)));
    const [harm, change] = pick(HARMS);
    await reset(whole);
    const key = prefix + name;
    // What only an older snapshot needs counts where the newer ones are gone.
    const needing = snapshots.findLastIndex((each) => each.key === key || each.names.has(name));
    const gone = needing < 0 ? [] : snapshots.slice(needing + 1).map((each) => each.key);
    await BUCKET.delete(gone);
    const harmed = change(whole.objects.get(key)!, random);
    await (harmed ? BUCKET.put(key, harmed) : BUCKET.delete(key));
    const row = `${kind} ${harm} ${await judge(whole, name)}`;
    counts[row] = (counts[row] ?? 0) + 1;
    for (const each of [...gone, key]) await BUCKET.put(each, whole.objects.get(each)!);
  }
  return counts;
}

const sumOf = (counts: Counts, fits: (row: string) => boolean): number =>
  Object.entries(counts).reduce((sum, [row, count]) => sum + (fits(row) ? count : 0), 0);

it(
  "[H11] of a thousand flipped bits, cuts and losses in snapshots, segments, filters and the mark none goes unnoticed",
  { timeout: 240_000 },
  async () => {
    const lanes = Array.from({ length: LANES }, (_, lane) => lane);
    const all = await Promise.all(lanes.map((lane) => damageOften(SEED + lane, DAMAGES / LANES)));
    const counts: Counts = {};
    for (const [row, count] of all.flatMap((each) => Object.entries(each)))
      counts[row] = (counts[row] ?? 0) + count;
    // Every kind of object was damaged in every way, many times, and both ways out were taken.
    for (const row of KINDS.flatMap((kind) => HARMS.map(([harm]) => `${kind} ${harm} `)))
      expect(
        sumOf(counts, (each) => each.startsWith(row)),
        row,
      ).toBeGreaterThan(40);
    expect(sumOf(counts, (each) => each.endsWith("older"))).toBeGreaterThan(100);
    expect(Object.keys(counts).filter((row) => row.endsWith("silent"))).toEqual([]);
    expect(sumOf(counts, () => true)).toBe(DAMAGES);
  },
);
