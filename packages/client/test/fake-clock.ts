// A clock that moves only when a test says so; what is due runs in order of time.
import type { Clock } from "../src/platform.ts";

interface Timer {
  readonly at: number;
  readonly ring: () => void;
}

export class FakeClock implements Clock {
  #now = 1_000_000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  after(ms: number, ring: () => void): () => void {
    const timer = { at: this.#now + ms, ring };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time on, and lets everything that is due, and all that follows from it, happen. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (let next = this.#due(until); next; next = this.#due(until)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.ring();
      await settled();
    }
    this.#now = until;
  }

  #due(until: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
  }
}

/** Turns of the event loop in which everything that follows from one happening has happened: a token, a socket, its frames. */
const TURNS = 4;

/** Lets all promise reactions run that are ready, and those they make ready. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
