// The sources of a workspace as a tree of git: what .gitignore does not name, without caches, without .git and without large
// files. A nested repository is read by its own .gitignore and its files are kept like any others.
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";

import type { PathKey } from "./byte-path.ts";
import { shownPath } from "./byte-path.ts";
import { GitFailed } from "./git.ts";
import type { ShadowRepository } from "./repository.ts";

/** A larger file is data or something built: it would make each checkpoint slow. */
export const SOURCE_MAX_BYTES = 1024 * 1024;
/** Nested repositories that are looked into; the files of further ones are left out. */
const NESTED_MAX = 200;
/** So many new files go into one pack. */
const BULK = 200;
/** Paths that git may refuse before the checkpoint fails as a whole. */
const REFUSED_MAX = 64;

/** Begins the names of files that are being written and not yet what they will be. */
export const UNFINISHED_PREFIX = ".acos-unfinished-";

/** Folders that a tool makes again. They win over what a .gitignore allows. */
const CACHES = [
  "node_modules bower_components jspm_packages target dist",
  ".cache .parcel-cache .turbo .next .nuxt .svelte-kit .output .vite .angular .gradle",
  "__pycache__ .venv venv .tox .nox .mypy_cache .pytest_cache .ruff_cache .eggs",
]
  .join(" ")
  .split(" ");

const EXCLUDES = [...CACHES.map((name) => `${name}/`), `${UNFINISHED_PREFIX}*`];
/** Names that git takes in no tree, whatever their case. */
const NEVER = /(?:^|\/)[.]git(?:\/|$)/i;

export interface Sources {
  readonly tree: string;
  readonly paths: readonly PathKey[];
}

/** Takes the sources as they are now. Files that vanish or cannot be read meanwhile are left out. */
export async function takeSources(repository: ShadowRepository): Promise<Sources> {
  try {
    return await takeWith(repository);
  } catch (error) {
    if (!(error instanceof GitFailed)) throw error;
    // The index is a cache, and may name objects that are gone: once more without it.
    rmSync(join(repository.gitDir, "index"), { force: true });
    return takeWith(repository);
  }
}

async function takeWith(repository: ShadowRepository): Promise<Sources> {
  const paths = (await listedSources(repository)).filter((key) => isSource(repository, key));
  const index = join(repository.gitDir, "index");
  const work = `${index}.work`;
  rmSync(work, { force: true });
  if (existsSync(index)) copyIndex(index, work);
  const before = keysIn((await repository.git(["ls-files", "-z"], { index: work })).out);
  const kept = new Set(paths);
  const gone = before.filter((key) => !kept.has(key));
  if (gone.length > 0) {
    const args = ["update-index", "-z", "--force-remove", "--stdin"];
    await repository.git(args, { index: work, input: linesOf(gone) });
  }
  await addSources(repository, { index: work, bulk: paths.length - before.length > BULK }, paths);
  const written = await repository.git(["write-tree"], { index: work });
  if (existsSync(work)) renameSync(work, index);
  return { tree: written.out.toString("latin1").trim(), paths };
}

/**
 * Git looks again at files that are not older than the index, since a change may hide behind the same time: the copy must
 * not look younger. A little older only makes it look at more.
 */
function copyIndex(from: string, to: string): void {
  copyFileSync(from, to);
  const seconds = (statSync(from).mtimeMs - 20) / 1_000;
  utimesSync(to, seconds, seconds);
}

/** Everything that no rule excludes, through nested repositories. */
async function listedSources(repository: ShadowRepository): Promise<PathKey[]> {
  const found: PathKey[] = [];
  const folders: PathKey[] = [""];
  for (let at = 0; at < folders.length && at <= NESTED_MAX; at += 1) {
    const below = folders[at] ?? "";
    for (const key of await listedBelow(repository, below)) {
      if (key.endsWith("/")) folders.push(below + key);
      else if (!NEVER.test(below + key)) found.push(below + key);
    }
  }
  return found.sort(byBytes);
}

async function listedBelow(repository: ShadowRepository, below: PathKey): Promise<PathKey[]> {
  const workTree = `${repository.workspace.path}/${shownPath(below)}`;
  // A folder whose name is not UTF-8 cannot be handed to git as its work tree.
  if (below !== "" && !existsSync(workTree)) return [];
  const index = join(repository.gitDir, "index.work-none");
  const excludes = EXCLUDES.flatMap((pattern) => ["-x", pattern]);
  const args = ["ls-files", "-z", "--others", "--exclude-standard", ...excludes];
  return keysIn((await repository.git(args, { workTree, index })).out);
}

function isSource(repository: ShadowRepository, key: PathKey): boolean {
  const there = repository.workspace.look(key);
  if (there === undefined) return false;
  if (there.isSymbolicLink()) return !/(?:^|\/)[.]gitmodules$/i.test(key);
  return there.isFile() && there.size <= SOURCE_MAX_BYTES;
}

async function addSources(
  repository: ShadowRepository,
  { index, bulk }: { readonly index: string; readonly bulk: boolean },
  paths: readonly PathKey[],
): Promise<void> {
  // Git packs contents above this size as it reads them; otherwise each becomes a file of its own.
  const setting = bulk ? ["-c", "core.bigFileThreshold=1"] : [];
  const args = [...setting, "update-index", "-z", "--add", "--remove", "--replace", "--stdin"];
  const add = (some: readonly PathKey[]) => repository.git(args, { index, input: linesOf(some) });
  let refused = 0;
  let waiting: (readonly PathKey[])[] = [paths];
  while (waiting.length > 0) {
    const next: (readonly PathKey[])[] = [];
    for (const some of waiting) {
      try {
        if (some.length > 0) await add(some);
      } catch (error) {
        if (!(error instanceof GitFailed) || refused > REFUSED_MAX) throw error;
        const readable = some.filter((key) => isReadable(repository, key));
        if (readable.length < some.length) next.push(readable);
        else if (some.length === 1) refused += 1;
        else next.push(some.slice(0, some.length >> 1), some.slice(some.length >> 1));
      }
    }
    waiting = next;
  }
}

function isReadable(repository: ShadowRepository, key: PathKey): boolean {
  const there = repository.workspace.look(key);
  if (there === undefined || there.isSymbolicLink()) return there !== undefined;
  try {
    accessSync(repository.workspace.at(key), constants.R_OK);
    return true;
  } catch {
    // Not ours to read: it is left out.
    return false;
  }
}

function byBytes(a: PathKey, b: PathKey): number {
  return a < b ? -1 : Number(a > b);
}

/** The parts of an answer that `-z` ends with a zero byte each. */
export function keysIn(out: Buffer): PathKey[] {
  const keys = out.toString("latin1").split("\0");
  keys.pop();
  return keys;
}

function linesOf(keys: readonly PathKey[]): Buffer {
  return Buffer.from(keys.map((key) => `${key}\0`).join(""), "latin1");
}
