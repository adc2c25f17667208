// The pace of what grows: the first goes out at once, the rest gathered by time.

export class Pace {
  readonly #send: () => boolean;
  readonly #windowMs: number;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Contract of `send`: sends what has grown, and answers whether there was anything. */
  constructor(windowMs: number, send: () => boolean) {
    this.#windowMs = windowMs;
    this.#send = send;
  }

  /** Says that something has grown. */
  grew(): void {
    if (this.#timer === null) this.#turn();
  }

  /** Sends no more by itself. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #turn(): void {
    this.#timer = this.#send() ? setTimeout(() => this.#turn(), this.#windowMs) : null;
  }
}
