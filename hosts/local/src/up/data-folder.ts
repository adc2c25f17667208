// The folder that holds everything that lasts: who may read it, and where things are in it.
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { RefusedStart } from "../usage-error.ts";

export interface DataFolder {
  readonly path: string;
  /** Databases, KV and the groups' logs, in the runtime's own layout. */
  readonly state: string;
  /** One file per process that this owner started, named by its pid. */
  readonly running: string;
  /** The runtime's temporary files, of no use to the next owner. */
  readonly scratch: string;
  /** What the Sandbox Host keeps: workspaces, its records. It makes the folder itself. */
  readonly sandboxes: string;
}

export const FOLDER_MODE = 0o700;

/** Tells where things are; creates nothing. */
export function locateDataFolder(path: string): DataFolder {
  return {
    path,
    state: join(path, "state"),
    running: join(path, "run"),
    scratch: join(path, "scratch"),
    sandboxes: join(path, "sandboxes"),
  };
}

/** Makes the folder and its parts where they are missing; only its owner may look in. Throws RefusedStart when it cannot. */
export function makeDataFolder(folder: DataFolder): void {
  try {
    for (const path of [folder.path, folder.state, folder.running])
      mkdirSync(path, { recursive: true, mode: FOLDER_MODE });
    chmodSync(folder.path, FOLDER_MODE);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new RefusedStart(
      `Cannot make the data folder ${folder.path}: ${text}. Choose another one with --data.`,
    );
  }
}

/** Empties the scratch folder and has temporary files made there: a process that is killed leaves its own behind. */
export function useScratch({ scratch }: DataFolder): void {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true, mode: FOLDER_MODE });
  process.env["TMPDIR"] = scratch;
}
