// What an onlooker keeps of an answer: its length and the bytes it took, never the text, so that looking on stays cheap.

export class TextWatcher {
  /** Bytes of payload received so far. */
  bytes = 0;
  #length = 0;
  #seenAnswer = "";
  #wanted = Number.POSITIVE_INFINITY;
  #resolve: ((at: number) => void) | undefined;

  /** A frame of that many bytes came. */
  count(bytes: number): void {
    this.bytes += bytes;
  }

  /** The answer grew by that many UTF-16 units. */
  grow(units: number): void {
    this.reach(this.#length + units);
  }

  /**
   * The answer, of that name where answers have one, has that length now. What is said again of an answer that was seen
   * whole does not count for the next.
   */
  reach(length: number, answer = ""): void {
    if (answer !== "" && answer === this.#seenAnswer) return;
    this.#length = Math.max(this.#length, length);
    if (this.#length < this.#wanted) return;
    this.#wanted = Number.POSITIVE_INFINITY;
    this.#seenAnswer = answer;
    this.#resolve?.(performance.now());
  }

  /** The answer is over: the next one begins at 0. */
  end(): void {
    this.#length = 0;
  }

  /** Resolves with the time at which the next answer has that length. One caller at a time. */
  seen(length: number): Promise<number> {
    this.#length = 0;
    this.#wanted = length;
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}
