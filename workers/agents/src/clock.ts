// Time as the parts of this Worker get it: injected, so that a test decides when it passes.

export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Runs once after that time; answers how to stop it. */
  readonly after: (ms: number, run: () => void) => () => void;
}

/** The runtime's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after that time, or at once when the signal is aborted. */
export function wait(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  const stop = clock.after(ms, end);
  signal?.addEventListener("abort", end);
  return promise.finally(() => {
    stop();
    signal?.removeEventListener("abort", end);
  });
}
