// How long somebody counts as typing after the last word of it, and how often we say so ourselves.
import type { MemberId } from "@acos/protocol";

import type { Clock } from "./platform.ts";

/** Somebody who pauses longer than this is thinking, not typing. */
const TYPING_LASTS_MS = 5_000;
/** Well inside the time above, and far from the limit of frames a minute. */
const TYPING_EVERY_MS = 3_000;

export class TypingTimers {
  readonly #clock: Clock;
  readonly #cancels = new Map<MemberId, () => void>();
  #saidAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts or prolongs a member's typing. Contract: `over` is called once, unless it is prolonged or stopped before. */
  heard(member: MemberId, over: () => void): void {
    this.#cancels.get(member)?.();
    const cancel = this.#clock.after(TYPING_LASTS_MS, () => {
      this.#cancels.delete(member);
      over();
    });
    this.#cancels.set(member, cancel);
  }

  /** Whether it is time to tell the others again that we type; counts as told. */
  due(): boolean {
    const now = this.#clock.now();
    if (now - this.#saidAt < TYPING_EVERY_MS) return false;
    this.#saidAt = now;
    return true;
  }

  stop(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }
}
