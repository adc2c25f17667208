// Writes to KV, the cache the Agents Worker reads through: immutable keys only, so a write can never be stale.
import type { ControlPlane } from "./control-plane.ts";
import { logError } from "./log.ts";

/** Puts bytes under an immutable key. A failure is logged and not thrown: the reader falls back to AgentRecords. */
export async function fillCache(
  plane: Pick<ControlPlane, "cache">,
  key: string,
  body: string,
): Promise<void> {
  try {
    await plane.cache.put(key, body);
  } catch (error) {
    logError("the agent cache was not filled", error, { key });
  }
}

/** Takes values out of the cache; what other places still hold goes with its own cache time. */
export async function emptyCache(
  plane: Pick<ControlPlane, "cache">,
  keys: readonly string[],
): Promise<void> {
  try {
    await Promise.all(keys.map((key) => plane.cache.delete(key)));
  } catch (error) {
    logError("the agent cache was not emptied", error, { keys: keys.length });
  }
}
