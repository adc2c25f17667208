// How often something may happen, by name: buckets that refill with time, kept in this isolate's memory and bounded.

export interface Rate {
  /** As many may come at once. */
  readonly count: number;
  /** In this time an empty bucket fills up. */
  readonly perMs: number;
}

/** Some hundred bytes each. Filling it with other names costs whoever tries one counted request for every one. */
const NAMES_MAX = 20_000;

interface Bucket {
  readonly left: number;
  readonly atMs: number;
}

/** The buckets that were touched longest ago go first: they are the ones that have refilled. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #max: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, max: number = NAMES_MAX) {
    this.#rate = rate;
    this.#max = max;
  }

  /** Takes one, at a time in milliseconds. 0 when it was there, else the milliseconds until it is; then nothing is taken. */
  take(name: string, nowMs: number): number {
    const left = this.#left(name, nowMs);
    const waitMs = this.#waitFor(left);
    this.#put(name, { left: waitMs > 0 ? left : left - 1, atMs: nowMs });
    this.#dropOldest();
    return waitMs;
  }

  /** Gives back one that was taken for nothing; a bucket holds no more than its count for it. */
  giveBack(name: string, nowMs: number): void {
    // A bucket that was dropped, or never touched, is full.
    if (!this.#buckets.has(name)) return;
    const left = Math.min(this.#rate.count, this.#left(name, nowMs) + 1);
    this.#put(name, { left, atMs: nowMs });
  }

  /** The milliseconds until one could be taken; 0 when it is there. Takes nothing. */
  wait(name: string, nowMs: number): number {
    return this.#waitFor(this.#left(name, nowMs));
  }

  #put(name: string, bucket: Bucket): void {
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
  }

  #left(name: string, nowMs: number): number {
    const { count, perMs } = this.#rate;
    const bucket = this.#buckets.get(name);
    if (!bucket) return count;
    // A clock that was set back gives nothing and takes nothing.
    const refilled = (Math.max(0, nowMs - bucket.atMs) * count) / perMs;
    return Math.min(count, bucket.left + refilled);
  }

  #waitFor(left: number): number {
    const { count, perMs } = this.#rate;
    return left >= 1 ? 0 : Math.ceil(((1 - left) * perMs) / count);
  }

  #dropOldest(): void {
    if (this.#buckets.size <= this.#max) return;
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}
