// Commands that come while a commit is on its way to the disk wait for it and then share the next one.
//
//   idle ──command──▶ written at once, commit begins ──durable──▶ anybody waiting? all of them, one commit ──▶ … ──▶ idle

/** Keeps the order in which commands come; each is decided on the state that the one before it left. */
export class CommandQueue {
  readonly #durable: () => Promise<void>;
  #waiting: (() => void)[] = [];
  #committing = false;

  /** Contract of `durable`: resolves when everything written so far is on disk. */
  constructor(durable: () => Promise<void>) {
    this.#durable = durable;
  }

  /** Carries out a write, now or with the next commit, and answers what it answered. */
  give<T>(write: () => T): Promise<T> {
    const given = Promise.withResolvers<T>();
    const attempt = (): void => {
      try {
        given.resolve(write());
      } catch (error) {
        given.reject(error);
      }
    };
    if (this.#committing) this.#waiting.push(attempt);
    else this.#carryOut([attempt]);
    return given.promise;
  }

  #carryOut(batch: readonly (() => void)[]): void {
    this.#committing = true;
    for (const attempt of batch) attempt();
    this.#durable()
      .catch(() => {
        // The platform resets an object whose writes fail; what waits goes with it, unacknowledged.
      })
      .finally(() => {
        this.#committing = false;
        const next = this.#waiting.splice(0);
        if (next.length > 0) this.#carryOut(next);
      });
  }
}
