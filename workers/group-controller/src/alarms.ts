// The watch: the object's one alarm, for whatever is due first. A group whose process died under a run wakes up and goes on
// by itself; one whose sockets must be proven again wakes to end those that were not. Whoever is woken too early asks again.

/** How soon after its process died a group notices; a restart finds the alarm due or nearly so. */
const WATCH_MS = 5_000;

export class Watch {
  readonly #storage: Pick<DurableObjectStorage, "setAlarm">;
  readonly #now: () => number;
  #wakesAt = 0;

  constructor(storage: Pick<DurableObjectStorage, "setAlarm">, now: () => number) {
    this.#storage = storage;
    this.#now = now;
  }

  /** Makes sure the object wakes soon, for runs under way. */
  arm(): void {
    this.wakeBy(this.#now() + WATCH_MS);
  }

  /**
   * Makes sure the object wakes at a time or before; costs a write only when no alarm is set that early. One that is overdue
   * still comes. What a process before this one set is not known here: whoever needs it says so again at the start.
   */
  wakeBy(atMs: number): void {
    if (this.#wakesAt > 0 && this.#wakesAt <= atMs) return;
    this.#wakesAt = atMs;
    void this.#storage.setAlarm(atMs);
  }

  /** Says that the alarm has gone off. */
  fired(): void {
    this.#wakesAt = 0;
  }
}
