// What this isolate knows of callers it has proven lately, by the SHA-256 of what they presented; and who must prove again.
import type { UserId } from "@acos/protocol";

import type { Caller } from "./caller.ts";

/** A revoked API key may act this long in an isolate that did not see its revocation. */
export const CALLER_CACHE_MS = 60_000;
/** Some hundred bytes each. */
const CALLERS_MAX = 10_000;
const FORGOTTEN_MAX = 10_000;

interface Entry {
  readonly caller: Caller;
  readonly provenAtMs: number;
  readonly untilMs: number;
}

/** Bounded; the least recently used go first. It holds digests only, never a cookie or a key. */
export class AccessCache {
  readonly #entries = new Map<string, Entry>();
  readonly #forgotten = new Map<UserId, number>();

  /** The caller who presented it before; undefined when that was too long ago or must be proven again. */
  get(digest: string, nowMs: number): Caller | undefined {
    const entry = this.#entries.get(digest);
    if (!entry) return undefined;
    this.#entries.delete(digest);
    if (nowMs >= entry.untilMs || this.mustProve(entry.caller.user, entry.provenAtMs))
      return undefined;
    this.#entries.set(digest, entry);
    return entry.caller;
  }

  /** Remembers a caller. `provenAtMs` is when the proof was begun, so that a revocation during it still counts. */
  put(digest: string, caller: Caller, times: Pick<Entry, "provenAtMs" | "untilMs">): void {
    this.#entries.delete(digest);
    this.#entries.set(digest, { caller, ...times });
    dropOldest(this.#entries, CALLERS_MAX);
  }

  /** From now on everything proven earlier about this user is void here: sign-out, revocation, a changed role. */
  forget(user: UserId, nowMs: number): void {
    this.#forgotten.delete(user);
    this.#forgotten.set(user, nowMs);
    dropOldest(this.#forgotten, FORGOTTEN_MAX);
  }

  /** True when a proof of that time is void. */
  mustProve(user: UserId, provenAtMs: number): boolean {
    const forgottenAtMs = this.#forgotten.get(user);
    return forgottenAtMs !== undefined && provenAtMs <= forgottenAtMs;
  }
}

function dropOldest(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
