// How much is recorded of what strangers and busy clients can repeat at will: the same once a while, and so much a minute.

/** The same thing within this time is counted, and told by the next entry about it. */
export const SAME_MS = 60_000;
/** Entries of one kind in one chain, and look-ups for one actor, a minute. */
const PER_MINUTE = 60;
const MINUTE_MS = 60_000;
/** Things remembered, some hundred bytes each; the oldest are forgotten first. */
const REMEMBERED_MAX = 10_000;

interface Repeated {
  readonly untilMs: number;
  count: number;
}

export class AuditVolume {
  readonly #repeated = new Map<string, Repeated>();
  readonly #windows = new Map<string, { readonly untilMs: number; left: number; over: number }>();

  /** How often the same was passed over since its last entry; undefined when it is to be passed over now. */
  takeSame(key: string, nowMs: number, sameMs: number): number | undefined {
    const known = this.#repeated.get(key);
    if (known && nowMs < known.untilMs) {
      known.count += 1;
      return undefined;
    }
    remember(this.#repeated, key, { untilMs: nowMs + sameMs, count: 0 });
    return known?.count ?? 0;
  }

  /** How many were over the limit since the last entry; undefined when this one is over it, too. */
  takeShare(key: string, nowMs: number): number | undefined {
    let window = this.#windows.get(key);
    if (!window || nowMs >= window.untilMs) {
      window = { untilMs: nowMs + MINUTE_MS, left: PER_MINUTE, over: window?.over ?? 0 };
      remember(this.#windows, key, window);
    }
    if (window.left === 0) {
      window.over += 1;
      return undefined;
    }
    window.left -= 1;
    const { over } = window;
    window.over = 0;
    return over;
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= REMEMBERED_MAX) return;
    map.delete(oldest);
  }
}
