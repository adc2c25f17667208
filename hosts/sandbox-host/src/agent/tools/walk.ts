// A walk through a folder for listing and searching: bounded, in order, without what is only noise.
import { readdirSync, type Dirent } from "node:fs";
import { join } from "node:path";

import { firstBytes } from "./plain-bytes.ts";

const NOISE = [".git", "node_modules"];

export interface Found {
  readonly path: string;
  /** Relative to where the walk began. */
  readonly inside: string;
  readonly depth: number;
  readonly entry: Dirent;
  /** Not gone into, since it is noise. */
  readonly skipped: boolean;
}

interface WalkOptions {
  /** Also what is noise. */
  readonly all: boolean;
  readonly depth: number;
}

/** Everything below a folder, each folder before what is in it. Links are told and not followed; what cannot be read is left out. */
export function* walk(root: string, { all, depth }: WalkOptions): Generator<Found> {
  const noise = new Set(all ? [] : [...NOISE, ...ignoredNames(root)]);
  yield* walkFolder({ folder: root, inside: "", level: 1 }, { noise, depth });
}

interface Folder {
  readonly folder: string;
  readonly inside: string;
  readonly level: number;
}

function* walkFolder(
  { folder, inside, level }: Folder,
  options: { readonly noise: ReadonlySet<string>; readonly depth: number },
): Generator<Found> {
  for (const entry of entriesOf(folder)) {
    const here = inside === "" ? entry.name : `${inside}/${entry.name}`;
    const path = join(folder, entry.name);
    const skipped = options.noise.has(entry.name);
    yield { path, inside: here, depth: level, entry, skipped };
    if (entry.isDirectory() && !skipped && level < options.depth)
      yield* walkFolder({ folder: path, inside: here, level: level + 1 }, options);
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  } catch {
    return []; // Gone meanwhile, or closed to the sandbox's user.
  }
}

const IGNORE_MAX_BYTES = 64 * 1024;

/** Plain names in the folder's .gitignore. Patterns are left to git. */
function ignoredNames(root: string): string[] {
  return (firstBytes(join(root, ".gitignore"), IGNORE_MAX_BYTES)?.toString() ?? "")
    .split("\n")
    .map((line) => line.trim().replace(/^\/|\/$/g, ""))
    .filter((line) => /^[A-Za-z0-9._-]+$/.test(line));
}
