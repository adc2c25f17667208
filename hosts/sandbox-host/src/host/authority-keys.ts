// The Orchestrator's public keys, fetched when they are needed and kept: what certificates are verified with.
import { problem, ProblemError } from "@acos/protocol";
import { KeyRing } from "@acos/trust";

/** A look for an unknown key may follow the last such one after this long, since anybody could name unknown keys. */
const LOOK_EVERY_MS = 2_000;
/** A ring is looked at again after this long, so that a withdrawn key does not live as long as the host. */
const RING_MAX_AGE_MS = 10 * 60_000;
const DEADLINE_MS = 5_000;

export type FetchJson = (url: string) => Promise<unknown>;

/** Fetches a JSON document over HTTP. Throws when that fails or takes longer than five seconds. */
export const fetchJson: FetchJson = async (url) => {
  const response = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS) });
  if (!response.ok) throw new Error(`the keys answered ${response.status}`);
  return response.json();
};

/** Keeps one ring of keys. A failing Orchestrator does not empty it: the keys known so far go on serving. */
export class AuthorityKeys {
  readonly #url: string;
  readonly #fetch: FetchJson;
  #ring: KeyRing | undefined;
  #lookedAt = -Infinity;
  #missedAt = -Infinity;
  #looking: Promise<KeyRing> | undefined;

  constructor(url: string, fetch: FetchJson) {
    this.#url = url;
    this.#fetch = fetch;
  }

  /** The ring to verify with. Throws ProblemError `unavailable` when there has never been one. */
  async ring(nowMs: number): Promise<KeyRing> {
    if (this.#ring === undefined) return this.#look(nowMs);
    if (nowMs - this.#lookedAt < RING_MAX_AGE_MS) return this.#ring;
    return (await this.#tryLook(nowMs)) ?? this.#ring;
  }

  /** A ring that was fetched after `used`; undefined when one was looked for just now, or looking failed. */
  async newerRing(used: KeyRing, nowMs: number): Promise<KeyRing | undefined> {
    if (this.#ring !== used) return this.#ring;
    if (this.#looking === undefined && nowMs - this.#missedAt < LOOK_EVERY_MS) return undefined;
    this.#missedAt = nowMs;
    return this.#tryLook(nowMs);
  }

  async #tryLook(nowMs: number): Promise<KeyRing | undefined> {
    try {
      return await this.#look(nowMs);
    } catch {
      // The keys known so far are better than none.
      return undefined;
    }
  }

  async #look(nowMs: number): Promise<KeyRing> {
    this.#looking ??= this.#load().finally(() => {
      this.#looking = undefined;
    });
    this.#lookedAt = nowMs;
    this.#ring = await this.#looking;
    return this.#ring;
  }

  async #load(): Promise<KeyRing> {
    try {
      return await KeyRing.fromJwks(await this.#fetch(this.#url));
    } catch {
      throw new ProblemError(
        problem("unavailable", "The Orchestrator's keys cannot be fetched. Try again in a while."),
      );
    }
  }
}
