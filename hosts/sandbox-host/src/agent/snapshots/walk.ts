// Looks at everything below a folder without following symlinks, and lets other work have its turn meanwhile.
import { accessSync, chmodSync, constants, readdirSync, type Stats } from "node:fs";
import { setImmediate as othersFirst } from "node:timers/promises";

import { problem, ProblemError } from "@acos/protocol";

import { isBelow, isMissing, type Folder, type PathKey } from "../checkpoints/byte-path.ts";
import { ENTRIES_MAX } from "./read-manifest.ts";

/** How long work may go on before a terminal's key press has its turn. */
const TURN_MS = 12;

export interface Seen {
  readonly key: PathKey;
  readonly stats: Stats;
}

export interface Walk {
  /** Sorted by key: a folder comes before what is in it. */
  readonly seen: readonly Seen[];
  /** Names that could not be looked at, or folders that could not be opened. */
  readonly leftOut: number;
}

/** Gives other work its turn when this one has gone on for TURN_MS. */
export function turns(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < TURN_MS) return;
    await othersFirst();
    since = performance.now();
  };
}

/** Throws ProblemError `too_large` where there are more than ENTRIES_MAX. With `open`, closed folders are opened, not left out. */
export async function walk(folder: Folder, { open = false } = {}): Promise<Walk> {
  const seen: Seen[] = [];
  const waiting: PathKey[] = [""];
  const rest = turns();
  let leftOut = 0;
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    const names = namesIn(folder, parent, open);
    if (names === undefined) leftOut += 1;
    for (const name of names ?? []) {
      const key = parent === "" ? name : `${parent}/${name}`;
      const stats = isBelow(key) ? folder.look(key) : undefined;
      if (stats?.isDirectory() === true) waiting.push(key);
      // It went away since it was listed, or has a path that nothing can open.
      if (stats !== undefined) seen.push({ key, stats });
      else if (!isBelow(key)) leftOut += 1;
    }
    if (seen.length > ENTRIES_MAX) throw tooMany();
    await rest();
  }
  return { seen: seen.sort((a, b) => (a.key < b.key ? -1 : 1)), leftOut };
}

function namesIn(folder: Folder, key: PathKey, open: boolean): PathKey[] | undefined {
  try {
    if (open && key !== "") chmodSync(folder.at(key), 0o700);
    const names = readdirSync(folder.at(key), { encoding: "buffer" });
    // A folder may show its names and let nobody at what they name.
    accessSync(folder.at(key), constants.X_OK);
    return names.map((name) => name.toString("latin1"));
  } catch (error) {
    if (isMissing(error)) return [];
    if (["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

function tooMany(): ProblemError {
  const words = `The workspace has more than ${ENTRIES_MAX} files: delete what can be made again, such as node_modules, and ask again.`;
  return new ProblemError(problem("too_large", words));
}
