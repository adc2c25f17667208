// Posting many messages over one socket: a window of unacknowledged ones, refilled as acknowledgements come.
import { POSTS_IN_FLIGHT } from "./contender.ts";

export class PacedPosts {
  readonly #send: (index: number) => void;
  #sent = 0;
  #acknowledged = 0;
  #wanted = 0;
  #done: (() => void) | undefined;

  /** Contract: `send` sends one message and never throws; each is answered by one call of `acknowledged`. */
  constructor(send: (index: number) => void) {
    this.#send = send;
  }

  /** Sends that many more and resolves when all are acknowledged. One call at a time. */
  post(count: number): Promise<void> {
    this.#wanted += count;
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#fill();
    });
  }

  /** One of them was acknowledged. */
  acknowledged(): void {
    this.#acknowledged += 1;
    if (this.#acknowledged === this.#wanted) this.#done?.();
    else this.#fill();
  }

  #fill(): void {
    while (this.#sent < this.#wanted && this.#sent - this.#acknowledged < POSTS_IN_FLIGHT) {
      this.#sent += 1;
      this.#send(this.#sent);
    }
  }
}
