// Reading a stream by exact numbers of bytes, with the place one has come to.

export class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #held: Uint8Array = new Uint8Array();
  #offset = 0;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /** The next bytes, exactly so many; null when the stream ends before. The caller bounds `count`: it is allocated. */
  async take(count: number): Promise<Uint8Array | null> {
    const bytes = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      if (this.#held.length === 0 && !(await this.#fill())) return null;
      const some = this.#held.subarray(0, count - filled);
      bytes.set(some, filled);
      filled += some.length;
      this.#held = this.#held.subarray(some.length);
    }
    this.#offset += count;
    return bytes;
  }

  async isAtEnd(): Promise<boolean> {
    return this.#held.length === 0 && !(await this.#fill());
  }

  /** Says that no more is wanted. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }

  async #fill(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return false;
      if (value.length === 0) continue;
      this.#held = value;
      return true;
    }
  }
}
