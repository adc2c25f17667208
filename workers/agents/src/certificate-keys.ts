// The Orchestrator's public keys, fetched when they are needed and kept: what certificates are verified with.
import { ORCHESTRATOR_ORIGIN, problem, ProblemError } from "@acos/protocol";
import { KeyRing } from "@acos/trust";

import type { RecordSource } from "./env.ts";
import { SharedLoads, type KeepAlive } from "./shared-load.ts";

/** An unknown key id makes us look again, but not more often than this: anybody can name unknown keys. */
const REFETCH_PAUSE_MS = 5_000;
/** A ring is looked at again after this long, so that a withdrawn key does not live as long as the isolate. */
const RING_MAX_AGE_MS = 10 * 60_000;
const JWKS_URL = `${ORCHESTRATOR_ORIGIN}/.well-known/jwks.json`;

/** Keeps one ring of keys. A failing Orchestrator does not empty it: the keys known so far go on serving. */
export class CertificateKeys {
  readonly #records: RecordSource;
  readonly #loads = new SharedLoads<KeyRing>();
  #ring: KeyRing | undefined;
  #fetchedAt = -Infinity;

  constructor(records: RecordSource) {
    this.#records = records;
  }

  /** The ring to verify with. Throws ProblemError `unavailable` when there has never been one. */
  async ring(nowMs: number, keepAlive: KeepAlive): Promise<KeyRing> {
    if (this.#ring === undefined) return this.#fetch(nowMs, keepAlive);
    if (nowMs - this.#fetchedAt < RING_MAX_AGE_MS) return this.#ring;
    return this.#fetchOrStale(this.#ring, nowMs, keepAlive);
  }

  /** A ring fetched after an unknown key id; undefined when it is too soon to look again or looking failed. */
  async newerRing(nowMs: number, keepAlive: KeepAlive): Promise<KeyRing | undefined> {
    if (this.#ring === undefined || nowMs - this.#fetchedAt < REFETCH_PAUSE_MS) return undefined;
    const ring = await this.#fetchOrStale(this.#ring, nowMs, keepAlive);
    return ring;
  }

  async #fetchOrStale(stale: KeyRing, nowMs: number, keepAlive: KeepAlive): Promise<KeyRing> {
    this.#fetchedAt = nowMs;
    try {
      return await this.#fetch(nowMs, keepAlive);
    } catch {
      // Known keys are better than none; the next look is a pause away.
      return stale;
    }
  }

  async #fetch(nowMs: number, keepAlive: KeepAlive): Promise<KeyRing> {
    const ring = await this.#loads.get("jwks", () => this.#load(), keepAlive);
    this.#ring = ring;
    this.#fetchedAt = nowMs;
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
