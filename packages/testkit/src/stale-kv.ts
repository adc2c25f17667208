// A KV namespace as the real one is at its worst: reads and misses stay stale for a while, and writes arrive out of order.

/** How long a location may go on serving what it once read, a miss included. */
export const STALE_MS = 60_000;

interface Seen {
  readonly value: ArrayBuffer | null;
  readonly until: number;
}

export interface StaleKvOptions {
  readonly now: () => number;
  /** Answers 0 to 1: decides how late each write becomes visible. */
  readonly random: () => number;
  readonly staleMs?: number;
}

/** One location's view of a namespace, with the calls counted. Fits where a KV binding's `get` and `put` are used. */
export class StaleKv {
  reads = 0;
  writes = 0;
  readonly #options: StaleKvOptions;
  readonly #visible = new Map<string, ArrayBuffer>();
  readonly #pending: { key: string; value: ArrayBuffer; at: number }[] = [];
  readonly #seen = new Map<string, Seen>();

  constructor(options: StaleKvOptions) {
    this.#options = options;
  }

  /** Answers what this location saw before, as long as that is fresh enough for it, whatever was written since. */
  get(key: string, _options?: unknown): Promise<ArrayBuffer | null> {
    this.reads += 1;
    const now = this.#options.now();
    const seen = this.#seen.get(key);
    if (seen && seen.until > now) return Promise.resolve(seen.value);
    this.#settle(now);
    const value = this.#visible.get(key) ?? null;
    this.#seen.set(key, { value, until: now + (this.#options.staleMs ?? STALE_MS) });
    return Promise.resolve(value);
  }

  /** Becomes visible at a random time within the stale window: a later write may well be overtaken by an earlier one. */
  put(key: string, value: ArrayBuffer | string): Promise<void> {
    this.writes += 1;
    const staleMs = this.#options.staleMs ?? STALE_MS;
    const bytes =
      typeof value === "string" ? Uint8Array.from(new TextEncoder().encode(value)).buffer : value;
    this.#pending.push({
      key,
      value: bytes,
      at: this.#options.now() + this.#options.random() * staleMs,
    });
    return Promise.resolve();
  }

  /** Puts bytes where every read finds them at once; for what somebody else wrote long ago, right or wrong. */
  plant(key: string, value: ArrayBuffer): void {
    this.#visible.set(key, value);
    this.#seen.delete(key);
  }

  #settle(now: number): void {
    const due = this.#pending.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at);
    for (const write of due) {
      this.#visible.set(write.key, write.value);
      this.#pending.splice(this.#pending.indexOf(write), 1);
    }
  }
}
