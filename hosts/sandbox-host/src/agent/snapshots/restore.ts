// Makes the workspace what a manifest says. Nothing is written before the whole manifest was checked, no file before its hash,
// and nothing through a symlink. Cut off in the middle, a marker says so until it was done again to its end.
//
//   manifest ─▶ what is there already ─▶ missing packs? ─▶ marker ─▶ clear ─▶ folders ─▶ files, pack by pack ─▶ modes and times ─▶ marker off
import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

import { problem, ProblemError } from "@acos/protocol";

import type { Folder, PathKey } from "../checkpoints/byte-path.ts";
import type { AgentPlace } from "../route.ts";
import { fingerprintOf, writeFileList, type Listed } from "./file-list.ts";
import {
  ROOTS,
  type Entry,
  type FileEntry,
  type Manifest,
  type Pack,
  type Root,
} from "./manifest.ts";
import { openPack } from "./pack-writer.ts";
import { readManifest } from "./read-manifest.ts";
import type { SnapshotStore } from "./store.ts";
import { rootFolder } from "./take.ts";
import { turns, walk, type Seen } from "./walk.ts";

const MARKER = "restoring";
/** Of a file at once, when it is compared or hashed. */
const STRETCH_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(STRETCH_BYTES);

type FilesByRoot = Record<Root, Map<PathKey, Listed>>;

interface Work {
  readonly manifest: Manifest;
  readonly place: AgentPlace;
  readonly store: SnapshotStore;
  /** Files that are in place with the right bytes, and then all of them. */
  readonly done: FilesByRoot;
}

/** Tells whether a restore was begun and not finished: the workspace is neither what it was nor what it is to be. */
export function isRestoring(store: SnapshotStore): boolean {
  return existsSync(join(store.folder, MARKER));
}

/**
 * Restores a snapshot whose manifest and packs are in the store. To be used within the queues of both. Throws ProblemError
 * `not_found` without the manifest, `conflict` with the number of missing packs before anything changed, and
 * `storage_damaged` where bytes are not what was said. Asked again it goes on: files that are right are not written again.
 */
export async function restoreSnapshot(
  place: AgentPlace,
  store: SnapshotStore,
  snapshot: string,
): Promise<void> {
  const bytes = store.read("manifests", snapshot);
  if (bytes === undefined) {
    const words = `The list of files of snapshot ${snapshot} is not here: hand it in, then its packs, then restore.`;
    throw new ProblemError(problem("not_found", words));
  }
  const manifest = readManifest(bytes);
  const done: FilesByRoot = { workspace: new Map(), checkpoints: new Map() };
  const work: Work = { manifest, place, store, done };
  for (const root of ROOTS) await findPresent(work, root);
  refuseMissing(work);
  writeFileSync(join(store.folder, MARKER), snapshot);
  for (const root of ROOTS) await clearRoot(work, root);
  await writeFiles(work);
  for (const root of ROOTS) finishFolders(work, root);
  writeFileList(store.folder, { files: done, lost: new Set() });
  store.clear();
  rmSync(join(store.folder, MARKER), { force: true });
}

/** Notes the files that are right already; looks only. */
async function findPresent({ manifest, place, done }: Work, root: Root): Promise<void> {
  const folder = rootFolder(place, root);
  const rest = turns();
  // A path through what is no folder now is cleared later; what is behind a symlink does not count.
  const real = new Set<PathKey>([""]);
  for (const entry of manifest.roots[root]) {
    await rest();
    const slash = entry.key.lastIndexOf("/");
    if (!real.has(slash === -1 ? "" : entry.key.slice(0, slash))) continue;
    const there = folder.look(entry.key);
    if (entry.type === "directory" && there?.isDirectory() === true) real.add(entry.key);
    if (entry.type !== "file" || there?.isFile() !== true || there.size !== entry.size) continue;
    // One of several names of a file would change with the others.
    if (there.nlink > 1) continue;
    if (hashOf(folder, entry) === entry.sha256) done[root].set(entry.key, listedAs(entry, there));
  }
}

function hashOf(folder: Folder, entry: FileEntry): string | undefined {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(Math.min(STRETCH_BYTES, Math.max(entry.size, 1)));
  try {
    const file = openSync(folder.at(entry.key), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
        hash.update(buffer.subarray(0, read));
      }
    } finally {
      closeSync(file);
    }
    return hash.digest("hex");
  } catch {
    // Not to be read, or gone: it is written anew.
    return undefined;
  }
}

function listedAs(entry: FileEntry, stats: Parameters<typeof fingerprintOf>[0]): Listed {
  const { size, sha256, parts } = entry;
  return { size, sha256, parts, print: fingerprintOf(stats, Date.now(), true) };
}

function filesToWrite({ manifest, done }: Work): { root: Root; entry: FileEntry }[] {
  return ROOTS.flatMap((root) =>
    manifest.roots[root].flatMap((entry) =>
      entry.type === "file" && !done[root].has(entry.key) ? [{ root, entry }] : [],
    ),
  );
}

function refuseMissing(work: Work): void {
  const needed = new Set<string>();
  for (const { entry } of filesToWrite(work)) {
    for (const { pack } of entry.parts) if (pack !== null) needed.add(pack.hash);
  }
  const missing = [...needed].filter((hash) => !work.store.has("packs", hash)).length;
  if (missing === 0) return;
  const words = `${missing} of the ${needed.size} packs that are needed are missing: hand them in, then restore again.`;
  throw new ProblemError(problem("conflict", words, { details: { missing } }));
}

/** Takes away what the manifest does not name as it is there, and makes the folders and symlinks it names. */
async function clearRoot({ manifest, place, done }: Work, root: Root): Promise<void> {
  const folder = rootFolder(place, root);
  mkdirSync(folder.path, { recursive: true });
  const wanted = new Map(manifest.roots[root].map((entry) => [entry.key, entry]));
  const { seen } = await walk(folder, { open: true });
  const kept = new Set<PathKey>();
  const rest = turns();
  // From the end: what is in a folder goes before the folder.
  for (const one of seen.toReversed()) {
    const entry = wanted.get(one.key);
    const stays = entry !== undefined && isInPlace(folder, one, entry, done[root]);
    if (stays) kept.add(one.key);
    else if (one.stats.isDirectory()) rmdirSync(folder.at(one.key));
    else unlinkSync(folder.at(one.key));
    await rest();
  }
  for (const entry of manifest.roots[root]) {
    if (kept.has(entry.key)) continue;
    if (entry.type === "directory") mkdirSync(folder.at(entry.key), { mode: 0o700 });
    if (entry.type === "symlink") {
      symlinkSync(Buffer.from(entry.target, "latin1"), folder.at(entry.key));
    }
  }
}

function isInPlace(
  folder: Folder,
  { key, stats }: Seen,
  entry: Entry,
  done: ReadonlyMap<PathKey, Listed>,
): boolean {
  if (entry.type === "directory") return stats.isDirectory();
  if (entry.type === "file") return stats.isFile() && done.has(key);
  const buffer = stats.isSymbolicLink() && readlinkSync(folder.at(key), { encoding: "buffer" });
  return buffer !== false && buffer.toString("latin1") === entry.target;
}

/** Writes what is missing in the order of packs, so that each is opened once. */
async function writeFiles(work: Work): Promise<void> {
  const packs = new OpenPacks(work.store);
  const order = ({ entry }: { entry: FileEntry }) =>
    `${entry.parts[0]?.pack?.hash ?? ""} ${String(entry.parts[0]?.offset ?? 0).padStart(10, "0")}`;
  const files = filesToWrite(work)
    .map((file) => ({ ...file, at: order(file) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1));
  const rest = turns();
  for (const { root, entry } of files) {
    const listed = await writeFile(rootFolder(work.place, root), entry, packs);
    work.done[root].set(entry.key, listed);
    await rest();
  }
  const written = new Set<Entry>(files.map(({ entry }) => entry));
  for (const root of ROOTS) {
    const folder = rootFolder(work.place, root);
    for (const entry of work.manifest.roots[root]) {
      if (!written.has(entry)) finishPresent(folder, entry, work.done[root]);
    }
  }
}

/** The contents of packs, the last one kept. */
class OpenPacks {
  readonly #store: SnapshotStore;
  #hash = "";
  #contents: Buffer = Buffer.alloc(0);

  constructor(store: SnapshotStore) {
    this.#store = store;
  }

  async contents(pack: Pack): Promise<Buffer> {
    if (this.#hash === pack.hash) return this.#contents;
    const bytes = this.#store.read("packs", pack.hash);
    if (bytes === undefined) {
      const words = `Pack ${pack.hash} is damaged: hand it in again, then restore again.`;
      throw new ProblemError(problem("conflict", words, { details: { missing: 1 } }));
    }
    this.#contents = await openPack(bytes, pack);
    this.#hash = pack.hash;
    return this.#contents;
  }
}

/** Writes a new file; where its bytes turn out to be others than its hash says, it is taken away again. */
async function writeFile(folder: Folder, entry: FileEntry, packs: OpenPacks): Promise<Listed> {
  const path = folder.at(entry.key);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = openSync(path, flags, entry.mode | 0o200);
  try {
    const hash = createHash("sha256");
    let at = 0;
    for (const { pack, offset, length } of entry.parts) {
      if (pack === null) await hashZeros(hash, length);
      else {
        const content = (await packs.contents(pack)).subarray(offset, offset + length);
        hash.update(content);
        writeWhole(file, content, at);
      }
      at += length;
    }
    if (hash.digest("hex") !== entry.sha256) throw damaged(entry);
    if (entry.parts.at(-1)?.pack === null) ftruncateSync(file, entry.size);
    if ((fstatSync(file).mode & 0o7777) !== entry.mode) fchmodSync(file, entry.mode);
    futimesSync(file, secondsOf(entry), secondsOf(entry));
    return listedAs(entry, fstatSync(file));
  } catch (error) {
    unlinkSync(path);
    throw error;
  } finally {
    closeSync(file);
  }
}

function writeWhole(file: number, content: Buffer, at: number): void {
  let written = 0;
  while (written < content.length) {
    written += writeSync(file, content, written, content.length - written, at + written);
  }
}

async function hashZeros(hash: ReturnType<typeof createHash>, length: number): Promise<void> {
  const rest = turns();
  for (let left = length; left > 0; left -= STRETCH_BYTES) {
    hash.update(left < STRETCH_BYTES ? ZEROS.subarray(0, left) : ZEROS);
    await rest();
  }
}

/** Sets mode and time of a file that was right already, and the time of a symlink. */
function finishPresent(folder: Folder, entry: Entry, done: Map<PathKey, Listed>): void {
  const path = folder.at(entry.key);
  if (entry.type === "symlink") lutimesSync(path, secondsOf(entry), secondsOf(entry));
  if (entry.type !== "file") return;
  const there = folder.look(entry.key);
  if (there === undefined) return;
  const isRight = (there.mode & 0o7777) === entry.mode && Math.floor(there.mtimeMs) === entry.mtime;
  if (isRight) return;
  chmodSync(path, entry.mode);
  utimesSync(path, secondsOf(entry), secondsOf(entry));
  const after = folder.look(entry.key);
  if (after !== undefined) done.set(entry.key, listedAs(entry, after));
}

/** Modes and times of folders, when nothing is made in them any more. */
function finishFolders({ manifest, place }: Work, root: Root): void {
  const folder = rootFolder(place, root);
  for (const entry of manifest.roots[root].toReversed()) {
    if (entry.type !== "directory") continue;
    chmodSync(folder.at(entry.key), entry.mode);
    utimesSync(folder.at(entry.key), secondsOf(entry), secondsOf(entry));
  }
}

/** A little into the millisecond: as a fraction of seconds it may come out a little too early. */
function secondsOf({ mtime }: Entry): number {
  return (mtime + 0.01) / 1_000;
}

function damaged(entry: FileEntry): ProblemError {
  const words = `A file of the snapshot does not have the bytes that its list of files says (${entry.sha256}). Restore another snapshot.`;
  return new ProblemError(problem("storage_damaged", words));
}
