// One owner per data folder: whoever holds its lock may start processes on it, and nobody else.
import { join } from "node:path";

import { RefusedStart } from "../usage-error.ts";
import { type FileLock, tryLock } from "./file-lock.ts";

const LOCK_FILE = "owner.lock";

/**
 * Takes the folder for this process or throws RefusedStart at once. The lock needs no clean-up and cannot be stale.
 * Does not protect a folder on a file system without file locks.
 */
export function takeOwnerLock(dataFolder: string): FileLock {
  const lock = lockOrRefuse(dataFolder);
  if (lock !== undefined) return lock;
  throw new RefusedStart(
    `${dataFolder} is in use by another acos. Stop that one first, or give this one a folder of its own with --data.`,
  );
}

function lockOrRefuse(dataFolder: string): FileLock | undefined {
  try {
    return tryLock(join(dataFolder, LOCK_FILE));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new RefusedStart(
      `Cannot lock ${dataFolder}: ${text}. Check that the folder can be written to.`,
    );
  }
}
