// One load for many requests that want the same thing at the same time.

/** What keeps a request's work alive after its answer; `ExecutionContext.waitUntil` is one. */
export type KeepAlive = (work: Promise<unknown>) => void;

/** A load that another request began is waited for this long, then made again: that request may have been cut off. */
const PATIENCE_MS = 2_000;

/** Shares loads by key while they run. It keeps no results. */
export class SharedLoads<T> {
  readonly #running = new Map<string, Promise<T>>();

  /** Whether a load of that key is under way, to be joined. */
  isRunning(key: string): boolean {
    return this.#running.has(key);
  }

  /** Joins the running load of that key or begins one. Rejects as the load does. */
  async get(key: string, load: () => Promise<T>, keepAlive: KeepAlive): Promise<T> {
    const running = this.#running.get(key);
    if (running === undefined) return this.#begin(key, load, keepAlive);
    const patience = timeout(PATIENCE_MS);
    const joined = await Promise.race([running.then((value) => ({ value })), patience.over]);
    patience.stop();
    return joined === undefined ? load() : joined.value;
  }

  #begin(key: string, load: () => Promise<T>, keepAlive: KeepAlive): Promise<T> {
    const loading = load().finally(() => this.#running.delete(key));
    this.#running.set(key, loading);
    // The others depend on it, so it must end even when the request that began it is gone.
    keepAlive(loading.catch(() => undefined));
    return loading;
  }
}

function timeout(ms: number): { over: Promise<undefined>; stop: () => void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  return { over: promise, stop: () => clearTimeout(timer) };
}
