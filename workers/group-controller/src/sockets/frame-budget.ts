// How many frames a connection may send: a bucket that refills with time and holds a minute's worth.

export class FrameBudget {
  readonly #perMinute: number;
  readonly #left = new WeakMap<WebSocket, { tokens: number; at: number }>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Takes one frame at a time (ms). 0 when it is within the budget, else the milliseconds to wait. */
  take(socket: WebSocket, now: number): number {
    const before = this.#left.get(socket) ?? { tokens: this.#perMinute, at: now };
    const refilled = before.tokens + ((now - before.at) * this.#perMinute) / 60_000;
    const tokens = Math.min(this.#perMinute, refilled);
    if (tokens < 1) {
      this.#left.set(socket, { tokens, at: now });
      return Math.ceil(((1 - tokens) * 60_000) / this.#perMinute);
    }
    this.#left.set(socket, { tokens: tokens - 1, at: now });
    return 0;
  }
}
