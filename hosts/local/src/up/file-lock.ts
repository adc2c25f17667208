// A lock on a file that the operating system frees when its holder dies, however it dies: an open exclusive transaction.
import { DatabaseSync } from "node:sqlite";

export interface FileLock {
  release(): void;
}

/** How often a lock that is waited for is tried again. */
const RETRY_MS = 100;

/** Takes the lock or answers undefined when somebody holds it. Throws when the file cannot be made or opened. */
export function tryLock(path: string): FileLock | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
    const held = database;
    return { release: () => held.close() };
  } catch (error) {
    database?.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) return undefined;
    throw error;
  }
}

/** Waits for the lock; throws when it is not free in time. */
export async function waitForLock(path: string, deadlineMs: number): Promise<FileLock> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    const lock = tryLock(path);
    if (lock !== undefined) return lock;
    if (performance.now() > until)
      throw new Error(`${path} is held by another process for too long`);
    const pause = Promise.withResolvers<void>();
    setTimeout(pause.resolve, RETRY_MS);
    await pause.promise;
  }
}
