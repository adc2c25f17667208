// The Orchestrator's public keys, fetched when they are needed and kept: what certificates are verified with.
import { ORCHESTRATOR_ORIGIN, problem, ProblemError } from "@acos/protocol";
import { KeyRing } from "@acos/trust";

import type { RecordSource } from "./env.ts";
import { SharedLoads, type KeepAlive } from "./shared-load.ts";

/**
 * Looks for unknown keys that may follow one another at once: two rotations within seconds and a reading that came too
 * early are three. More must wait, since anybody can name unknown keys.
 */
const LOOKS_AT_ONCE = 5;
/** One more look may be taken after this long. */
const LOOK_EVERY_MS = 5_000;
/** A ring is looked at again after this long, so that a withdrawn key does not live as long as the isolate. */
const RING_MAX_AGE_MS = 10 * 60_000;
const JWKS_URL = `${ORCHESTRATOR_ORIGIN}/.well-known/jwks.json`;

/** Keeps one ring of keys. A failing Orchestrator does not empty it: the keys known so far go on serving. */
export class CertificateKeys {
  readonly #records: RecordSource;
  readonly #loads = new SharedLoads<KeyRing>();
  readonly #looks = new Allowance(LOOKS_AT_ONCE, LOOK_EVERY_MS);
  #ring: KeyRing | undefined;
  #lookedAt = -Infinity;

  constructor(records: RecordSource) {
    this.#records = records;
  }

  /** The ring to verify with. Throws ProblemError `unavailable` when there has never been one. */
  async ring(nowMs: number, keepAlive: KeepAlive): Promise<KeyRing> {
    if (this.#ring === undefined) return this.#fetch(nowMs, keepAlive);
    if (nowMs - this.#lookedAt < RING_MAX_AGE_MS) return this.#ring;
    this.#lookedAt = nowMs;
    return (await this.#tryFetch(nowMs, keepAlive)) ?? this.#ring;
  }

  /**
   * A ring that was fetched after `used`, for a request whose key `used` does not know: the one that another request has
   * fetched meanwhile, or a fresh one; joining a look that is under way costs none. Undefined when too many were taken
   * lately, or looking failed.
   */
  async newerRing(
    used: KeyRing,
    nowMs: number,
    keepAlive: KeepAlive,
  ): Promise<KeyRing | undefined> {
    if (this.#ring !== used) return this.#ring;
    if (!this.#loads.isRunning("jwks") && !this.#looks.take(nowMs)) return undefined;
    return this.#tryFetch(nowMs, keepAlive);
  }

  async #tryFetch(nowMs: number, keepAlive: KeepAlive): Promise<KeyRing | undefined> {
    try {
      return await this.#fetch(nowMs, keepAlive);
    } catch {
      // The keys known so far are better than none.
      return undefined;
    }
  }

  async #fetch(nowMs: number, keepAlive: KeepAlive): Promise<KeyRing> {
    const ring = await this.#loads.get("jwks", () => this.#load(), keepAlive);
    this.#ring = ring;
    this.#lookedAt = nowMs;
    return ring;
  }

  async #load(): Promise<KeyRing> {
    const response = await this.#records.fetch(JWKS_URL).catch(() => undefined);
    if (!response?.ok)
      throw new ProblemError(
        problem("unavailable", "The Orchestrator's keys cannot be fetched. Try again in a while."),
      );
    return KeyRing.fromJwks(await response.json());
  }
}

/** So many at once, and one more after each pause. */
class Allowance {
  readonly #most: number;
  readonly #everyMs: number;
  #left: number;
  #countedAt = -Infinity;

  constructor(most: number, everyMs: number) {
    this.#most = most;
    this.#everyMs = everyMs;
    this.#left = most;
  }

  /** Takes one; false when none is left. */
  take(nowMs: number): boolean {
    const since = (nowMs - this.#countedAt) / this.#everyMs;
    this.#left = Math.min(this.#most, this.#left + Math.max(0, since));
    this.#countedAt = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
