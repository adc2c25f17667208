// One owner per data folder: a lock that the operating system frees when its holder dies, however it dies.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { RefusedStart } from "../usage-error.ts";

export interface OwnerLock {
  release(): void;
}

const LOCK_FILE = "owner.lock";

/**
 * Takes the folder for this process or throws RefusedStart at once. The lock is an open exclusive transaction, so it
 * needs no clean-up and cannot be stale. Does not protect a folder on a file system without file locks.
 */
export function takeOwnerLock(dataFolder: string): OwnerLock {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(dataFolder, LOCK_FILE), { timeout: 0 });
    database.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    throw refusal(dataFolder, error);
  }
  const held = database;
  return { release: () => held.close() };
}

function refusal(dataFolder: string, error: unknown): RefusedStart {
  const text = error instanceof Error ? error.message : String(error);
  if (/locked|busy/i.test(text))
    return new RefusedStart(
      `${dataFolder} is in use by another acos. Stop that one first, or give this one a folder of its own with --data.`,
    );
  return new RefusedStart(
    `Cannot lock ${dataFolder}: ${text}. Check that the folder can be written to.`,
  );
}
