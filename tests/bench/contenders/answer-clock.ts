// A stopwatch for one answer: begun at the post, told of every growth of the text, asked at the end.
import type { TurnTiming } from "./contender.ts";

export class AnswerClock {
  readonly #expected: number;
  readonly #began = performance.now();
  #length = 0;
  #first: number | undefined;
  #last: number | undefined;

  /** Begins now; `expected` is the length of the whole answer in UTF-16 units. */
  constructor(expected: number) {
    this.#expected = expected;
  }

  /** The text grew by that many units. */
  grow(units: number): void {
    this.reach(this.#length + units);
  }

  /** The text has that length in all; a shorter one than before changes nothing. */
  reach(length: number): void {
    if (length <= this.#length) return;
    this.#length = length;
    const now = performance.now();
    this.#first ??= now;
    if (length >= this.#expected) this.#last ??= now;
  }

  /** Whether the whole answer has come. */
  complete(): boolean {
    return this.#last !== undefined;
  }

  /** The two times. Throws when the answer is not complete: a short answer must not look like a fast one. */
  timing(): TurnTiming {
    if (this.#first === undefined || this.#last === undefined)
      throw new Error(
        `the answer broke off: ${this.#length} of ${this.#expected} characters came before its end`,
      );
    return { firstMs: this.#first - this.#began, lastMs: this.#last - this.#began };
  }
}
