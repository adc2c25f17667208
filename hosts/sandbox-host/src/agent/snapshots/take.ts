// Makes a snapshot: looks at all files, reads those that changed, packs what is new, and writes the manifest.
//
//   walk ─▶ what stays where it is ─▶ read and pack the rest ─▶ manifest ─▶ list for the next time ─▶ drop what is old
import { readlinkSync, type Stats } from "node:fs";

import {
  problem,
  ProblemError,
  SANDBOX_BODY_MAX_BYTES,
  type SandboxSnapshot,
} from "@acos/protocol";

import { Folder, isMissing, shownPath, type PathKey } from "../checkpoints/byte-path.ts";
import { repositoryFolder } from "../checkpoints/repository.ts";
import { UNFINISHED_PREFIX } from "../checkpoints/sources.ts";
import type { AgentPlace } from "../route.ts";
import {
  fingerprintOf,
  readFileList,
  writeFileList,
  type FileList,
  type Listed,
} from "./file-list.ts";
import {
  encodeManifest,
  packsOf,
  ROOTS,
  sha256Of,
  type Entry,
  type Part,
  type Root,
} from "./manifest.ts";
import { PackWriter, type PendingPart } from "./pack-writer.ts";
import { readForSnapshot } from "./read-file.ts";
import { isOfShadow, SNAPSHOT_MAX_BYTES, TIME_MAX_MS } from "./read-manifest.ts";
import { chooseReuse, contentKey, type Reuse } from "./reuse.ts";
import type { SnapshotStore } from "./store.ts";
import { turns, walk, type Seen, type Walk } from "./walk.ts";

export interface Taken {
  readonly snapshot: SandboxSnapshot;
  /** Sockets, FIFOs, devices, and what could not be read. */
  readonly leftOut: number;
}

/** A file whose places are known when its packs are full. */
interface Pending extends Omit<Listed, "parts"> {
  readonly key: PathKey;
  readonly mode: number;
  readonly parts: readonly (PendingPart | Part)[];
}

/** Where the files of a root are. */
export function rootFolder(place: AgentPlace, root: Root): Folder {
  return new Folder(root === "workspace" ? place.workspace : repositoryFolder(place));
}

/**
 * Snapshots the workspace and the shadow repository. To be used within the queues of both. What is written to the workspace
 * meanwhile may or may not be in it, file by file. Throws ProblemError `too_large`.
 */
export async function takeSnapshot(place: AgentPlace, store: SnapshotStore): Promise<Taken> {
  store.clearGiven(Date.now());
  const walks = {
    workspace: await walkRoot(place, "workspace"),
    checkpoints: await walkRoot(place, "checkpoints"),
  };
  const seen = { workspace: walks.workspace.seen, checkpoints: walks.checkpoints.seen };
  refuseTooLarge(seen.workspace);
  const packs = new PackWriter(store);
  const reader = new Reader(chooseReuse(readFileList(store.folder), seen), packs);
  const found: Record<Root, (Entry | Pending)[]> = { workspace: [], checkpoints: [] };
  const rest = turns();
  for (const root of ROOTS) {
    const folder = rootFolder(place, root);
    for (const one of seen[root]) {
      const entry = one.stats.isFile()
        ? await reader.file(folder, root, one)
        : otherEntry(folder, one);
      if (entry !== undefined) found[root].push(entry);
      await rest();
    }
  }
  await packs.finish();
  const settled = {
    workspace: await Promise.all(found.workspace.map(settle)),
    checkpoints: await Promise.all(found.checkpoints.map(settle)),
  };
  const special = walks.workspace.seen.filter(({ stats }) => isSpecial(stats)).length;
  const leftOut = walks.workspace.leftOut + special + reader.closed;
  return { snapshot: finish(store, settled, leftOut), leftOut };
}

async function walkRoot(place: AgentPlace, root: Root): Promise<Walk> {
  const walked = await walk(rootFolder(place, root));
  const belongs = ({ key, stats }: Seen) =>
    root === "workspace"
      ? !key.slice(key.lastIndexOf("/") + 1).startsWith(UNFINISHED_PREFIX)
      : isOfShadow(key) && (stats.isFile() || stats.isDirectory());
  return { ...walked, seen: walked.seen.filter(belongs) };
}

function refuseTooLarge(seen: readonly Seen[]): void {
  let sum = 0;
  let largest = seen[0];
  for (const one of seen) {
    if (!one.stats.isFile()) continue;
    sum += one.stats.size;
    if (largest === undefined || one.stats.size >= largest.stats.size) largest = one;
  }
  if (sum <= SNAPSHOT_MAX_BYTES || largest === undefined) return;
  const words = `The workspace's files have ${sum} bytes together, more than the ${SNAPSHOT_MAX_BYTES} that a snapshot takes. The largest is ${shownPath(largest.key)}: delete it or make it smaller, and ask again.`;
  throw new ProblemError(problem("too_large", words));
}

/** Files one after another: those that stay are not read, equal contents are packed once. */
class Reader {
  /** Files that may not be read. */
  closed = 0;
  readonly #reuse: Reuse;
  readonly #packs: PackWriter;
  readonly #packed = new Map<string, readonly (PendingPart | Part)[]>();

  constructor(reuse: Reuse, packs: PackWriter) {
    this.#reuse = reuse;
    this.#packs = packs;
  }

  async file(folder: Folder, root: Root, { key, stats }: Seen): Promise<Pending | undefined> {
    const same = this.#reuse.files[root].get(key);
    if (same !== undefined) return { ...same, key, mode: stats.mode };
    const known = (sha256: string, size: number) => {
      const name = contentKey(sha256, size);
      return this.#reuse.contents.get(name)?.parts ?? this.#packed.get(name);
    };
    const read = await readForSnapshot({ folder, key }, this.#packs, known);
    if (read === "closed") this.closed += 1;
    if (typeof read === "string") return undefined;
    const { size, sha256, parts } = read;
    this.#packed.set(contentKey(sha256, size), parts);
    const [, mtimeMs, ctimeMs, ino, sure] = fingerprintOf(read.stats, read.readAt);
    const print = [size, mtimeMs, ctimeMs, ino, sure && read.still] as const;
    return { key, mode: read.stats.mode, size, sha256, parts, print };
  }
}

/** A folder or symlink; undefined for what a snapshot does not hold. */
function otherEntry(folder: Folder, { key, stats }: Seen): Entry | undefined {
  const head = { key, mode: stats.mode & 0o777, mtime: timeOf(stats.mtimeMs) };
  if (stats.isDirectory()) return { ...head, type: "directory" };
  if (!stats.isSymbolicLink()) return undefined;
  try {
    const target = readlinkSync(folder.at(key), { encoding: "buffer" }).toString("latin1");
    return { ...head, type: "symlink", target };
  } catch (error) {
    // Gone, or something else by now.
    if (isMissing(error) || (error as NodeJS.ErrnoException).code === "EINVAL") return undefined;
    throw error;
  }
}

/** Some file systems hold times that no date can be; what is restored is near enough. */
function timeOf(mtimeMs: number): number {
  return Math.max(-TIME_MAX_MS, Math.min(TIME_MAX_MS, Math.floor(mtimeMs)));
}

function isSpecial(stats: Stats): boolean {
  return !stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink();
}

interface Settled {
  readonly entry: Entry;
  readonly listed?: Listed;
}

async function settle(found: Entry | Pending): Promise<Settled> {
  if ("type" in found) return { entry: found };
  const { key, size, sha256, print } = found;
  const parts = await Promise.all(found.parts.map(async (part) => part));
  const head = { key, mode: found.mode & 0o777, mtime: timeOf(print[1]) };
  return {
    entry: { ...head, type: "file", size, sha256, parts },
    listed: { size, sha256, parts, print },
  };
}

function finish(
  store: SnapshotStore,
  settled: Readonly<Record<Root, readonly Settled[]>>,
  leftOut: number,
): SandboxSnapshot {
  const roots = {
    workspace: settled.workspace.map(({ entry }) => entry),
    checkpoints: settled.checkpoints.map(({ entry }) => entry),
  };
  const bytes = encodeManifest(roots, leftOut);
  if (bytes.length > SANDBOX_BODY_MAX_BYTES) {
    const words = `The list of the workspace's ${roots.workspace.length} files is too long for a snapshot: delete what can be made again, such as node_modules, and ask again.`;
    throw new ProblemError(problem("too_large", words));
  }
  const hash = sha256Of(bytes);
  const packs = packsOf(roots);
  store.put("made", "manifests", { hash, bytes });
  writeFileList(store.folder, listOf(settled));
  store.keepOnly("manifests", new Set([hash]));
  store.keepOnly("packs", new Set(packs.map((pack) => pack.hash)));
  const files = roots.workspace.filter((entry) => entry.type === "file");
  return {
    snapshot: hash,
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    packs: packs.map((pack) => ({ pack: pack.hash, bytes: pack.bytes })),
  };
}

function listOf(settled: Readonly<Record<Root, readonly Settled[]>>): FileList {
  const mapOf = (root: Root) =>
    new Map(
      settled[root].flatMap(({ entry, listed }): [PathKey, Listed][] =>
        listed === undefined ? [] : [[entry.key, listed]],
      ),
    );
  const files = { workspace: mapOf("workspace"), checkpoints: mapOf("checkpoints") };
  return { files, lost: new Set() };
}
