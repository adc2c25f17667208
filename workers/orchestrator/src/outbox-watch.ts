// When to look into the outbox again: kept in memory, so that a request with nothing owed costs no look at all.

/** Pause between two tries to deliver what is owed. */
const RETRY_MS = 1_000;

/** What this isolate knows of the outbox: an earlier process may have left something in it, so it begins as owing. */
export class OutboxWatch {
  #owing = true;
  #triedAtMs = Number.NEGATIVE_INFINITY;

  /** Something could not be delivered, here or at the last try. */
  noteOwing(): void {
    this.#owing = true;
  }

  /** True when it is time to try again; the caller then does. */
  takeDue(nowMs: number): boolean {
    if (!this.#owing || nowMs - this.#triedAtMs < RETRY_MS) return false;
    this.#owing = false;
    this.#triedAtMs = nowMs;
    return true;
  }
}
