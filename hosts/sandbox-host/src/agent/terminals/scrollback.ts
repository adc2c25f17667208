// The last bytes of a terminal, for those who come to look at it later.
export class Scrollback {
  readonly #most: number;
  #pieces: Buffer[] = [];
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    while (this.#size > this.#most) {
      const [first] = this.#pieces;
      if (first === undefined) return;
      const over = this.#size - this.#most;
      if (first.length > over) this.#pieces[0] = first.subarray(over);
      else this.#pieces.shift();
      this.#size -= Math.min(over, first.length);
    }
    // Many keystrokes are many small pieces: they are joined before there are too many to shift.
    if (this.#pieces.length > 512) this.#pieces = [Buffer.concat(this.#pieces)];
  }

  whole(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}
