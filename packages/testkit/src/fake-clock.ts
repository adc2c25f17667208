// A clock that stands still until a test moves it on.

export interface SandboxClock {
  now(): number;
  /** Resolves after so long; rejects nothing, and ends early when the signal says so. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The clock on the wall. */
export const wallClock: SandboxClock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export class FakeClock implements SandboxClock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  /** How many wait. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { at: this.#now + ms, wake: resolve };
      const leave = () => {
        this.#sleepers.delete(sleeper);
        resolve();
      };
      if (ms <= 0 || signal.aborted) return resolve();
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", leave);
    });
  }

  /** Moves the clock on and wakes who is due, in order. */
  advance(ms: number): void {
    this.#now += ms;
    const due = [...this.#sleepers].filter(({ at }) => at <= this.#now);
    for (const sleeper of due.toSorted((a, b) => a.at - b.at)) {
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
