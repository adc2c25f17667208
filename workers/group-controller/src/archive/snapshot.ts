// Snapshots: all that an object needs to be again, in one piece of bounded size, whatever the length of its log.
//
//   snapshots/<generation>-<head>-<sha256>   the newest three are kept; one that is damaged gives way to the one before
//   newest                                  generation and head of the newest, so that one that is missing is missed
import { problem, ProblemError, SNAPSHOT_GENERATIONS } from "@acos/protocol";

import { gunzipText, gzip } from "../bytes.ts";
import type { ColdStore } from "./cold-store.ts";
import { padded } from "./flusher.ts";
import type { NoteStore } from "./notes.ts";
import { readTables, type TableRows } from "./table-rows.ts";

const FORMAT = "acos-snapshot";
const VERSION = 1;
const STEM = "snapshots/";
const NEWEST = "newest";

interface Snapshot {
  readonly format: string;
  readonly version: number;
  readonly generation: number;
  readonly head: number;
  readonly tables: TableRows;
}

/** A whole snapshot, and what of the newest there ever was it does not have. */
export interface FoundSnapshot {
  readonly generation: number;
  readonly head: number;
  readonly tables: TableRows;
  /** The newest generation there is, whole or not. */
  readonly newest: number;
  /** Events that only damaged ones had; 0 where this one is the newest. */
  readonly lost: number;
}

/**
 * Writes the next generation. What only older generations used is deleted then. Throws
 * ProblemError `unavailable` when cold storage did not keep it; the generations before stay.
 */
export async function writeSnapshot(
  sql: SqlStorage,
  store: ColdStore,
  { notes, head }: { readonly notes: NoteStore; readonly head: number },
): Promise<void> {
  const generation = (notes.get("snapshot")?.generation ?? 0) + 1;
  const tables = readTables(sql);
  const snapshot: Snapshot = { format: FORMAT, version: VERSION, generation, head, tables };
  const stem = `${stemOf(generation)}-${padded(head)}`;
  const name = await store.keep(stem, await gzip(JSON.stringify(snapshot)));
  await store.mark(NEWEST, JSON.stringify({ generation, head }));
  const before = await store.names(STEM);
  notes.set("snapshot", { generation, head });
  const older = before.filter((each) => each !== name).toSorted();
  // A generation that was begun twice left two objects under one number: only the confirmed one counts.
  const twins = older.filter((each) => each.startsWith(stemOf(generation)));
  const others = older.filter((each) => !twins.includes(each));
  await store.drop([
    ...twins,
    ...others.slice(0, Math.max(0, others.length - SNAPSHOT_GENERATIONS + 1)),
  ]);
  await dropRetired(store, notes, generation);
}

async function dropRetired(store: ColdStore, notes: NoteStore, now: number): Promise<void> {
  const retired = notes.get("retired") ?? [];
  const past = retired.filter(({ generation }) => now - generation >= SNAPSHOT_GENERATIONS);
  if (past.length === 0) return;
  await store.drop(past.map(({ name }) => name));
  const gone = new Set(past.map(({ name }) => name));
  // More may have retired meanwhile.
  notes.set(
    "retired",
    (notes.get("retired") ?? []).filter(({ name }) => !gone.has(name)),
  );
}

/**
 * The newest whole snapshot; null where there never was one. Throws ProblemError `storage_damaged` when none is whole, or
 * it is not known any more which was the newest.
 */
export async function findSnapshot(store: ColdStore): Promise<FoundSnapshot | null> {
  const [listed, mark] = await Promise.all([store.names(STEM), store.marked(NEWEST)]);
  const names = listed.toReversed();
  if (names.length === 0 && mark === null) return null;
  if (mark === null) throw broken("what says which snapshot is the newest is missing");
  const marked = JSON.parse(mark) as Numbers;
  const named = numbersIn(names[0]);
  // One that was written and not yet marked has all that the marked one has.
  const newest = named.generation > marked.generation ? named : marked;
  for (const name of names) {
    const snapshot = await readSnapshot(store, name);
    if (!snapshot) continue;
    const lost = Math.max(0, newest.head - snapshot.head);
    return { ...snapshot, newest: newest.generation, lost };
  }
  throw broken(`no snapshot is whole any more (${names.length} were looked at)`);
}

interface Numbers {
  readonly generation: number;
  readonly head: number;
}

function broken(what: string): ProblemError {
  const words = `This group can't be brought back from cold storage: ${what}. Restore its objects from a backup of the bucket, or import an export of this group.`;
  return new ProblemError(problem("storage_damaged", words));
}

function numbersIn(name = ""): Numbers {
  const [generation = "0", head = "0"] = name.slice(STEM.length).split("-");
  return { generation: Number(generation), head: Number(head) };
}

/** Null for whatever is not a whole snapshot of a form that is known. */
async function readSnapshot(store: ColdStore, name: string): Promise<Snapshot | null> {
  try {
    const snapshot = JSON.parse(await gunzipText(await store.read(name))) as Snapshot;
    return snapshot.format === FORMAT && snapshot.version === VERSION ? snapshot : null;
  } catch (error) {
    if (error instanceof ProblemError || error instanceof SyntaxError || error instanceof TypeError)
      return null;
    throw error;
  }
}

function stemOf(generation: number): string {
  return `${STEM}${String(generation).padStart(10, "0")}`;
}
