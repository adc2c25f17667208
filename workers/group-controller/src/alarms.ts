// The watch: one alarm while runs are under way, so that a group whose process died wakes up and goes on by itself.

/** How soon after its process died a group notices; a restart finds the alarm due or nearly so. */
const WATCH_MS = 5_000;

export class Watch {
  readonly #storage: Pick<DurableObjectStorage, "setAlarm">;
  readonly #now: () => number;
  #armedUntil = 0;

  constructor(storage: Pick<DurableObjectStorage, "setAlarm">, now: () => number) {
    this.#storage = storage;
    this.#now = now;
  }

  /** Makes sure an alarm is set; costs a write only when none is. */
  arm(): void {
    const now = this.#now();
    if (now < this.#armedUntil) return;
    this.#armedUntil = now + WATCH_MS;
    void this.#storage.setAlarm(this.#armedUntil);
  }

  /** Says that the alarm has gone off. */
  fired(): void {
    this.#armedUntil = 0;
  }
}
