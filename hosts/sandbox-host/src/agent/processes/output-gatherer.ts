// Between a process's pipes and its log: small writes are gathered for a moment, large ones cut, the order of the two kept.

/** What one frame carries at most: a reader of clipped text goes on at a frame. */
const FRAME_MAX_BYTES = 16 * 1024;
/** Writes within it become one frame; the first goes out at once. */
const WINDOW_MS = 15;

type Stream = "out" | "err";

export class OutputGatherer {
  readonly #emit: (stream: Stream, data: Buffer) => void;
  #stream: Stream = "out";
  #pieces: Buffer[] = [];
  #size = 0;
  #emittedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(emit: (stream: Stream, data: Buffer) => void) {
    this.#emit = emit;
  }

  /** Takes what a pipe gave. */
  add(stream: Stream, data: Buffer): void {
    if (stream !== this.#stream) this.flush();
    this.#stream = stream;
    this.#pieces.push(data);
    this.#size += data.length;
    const quiet = performance.now() - this.#emittedAt >= WINDOW_MS;
    if (quiet || this.#size >= FRAME_MAX_BYTES) this.#give(true);
    else this.#timer ??= setTimeout(() => this.flush(), WINDOW_MS);
  }

  /** Gives out what is gathered. */
  flush(): void {
    this.#give(false);
  }

  /** Whoever begins to read at a frame begins at a character: one that may still be completed waits for it. */
  #give(more: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#size === 0) return;
    const [first] = this.#pieces;
    const whole =
      this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
    const upTo = more ? characterBorder(whole, whole.length) : whole.length;
    this.#pieces = upTo < whole.length ? [whole.subarray(upTo)] : [];
    this.#size = whole.length - upTo;
    if (this.#size > 0) this.#timer = setTimeout(() => this.flush(), WINDOW_MS);
    this.#emittedAt = performance.now();
    for (let at = 0; at < upTo;) {
      const end = Math.min(at + FRAME_MAX_BYTES, upTo);
      const border = end < upTo ? characterBorder(whole, end) : end;
      this.#emit(this.#stream, whole.subarray(at, border));
      at = border;
    }
  }
}

/** The last place up to `end` that is not within a character of UTF-8; `end` where the bytes are no such text. */
function characterBorder(bytes: Buffer, end: number): number {
  for (let back = 1; back <= 3 && back <= end; back += 1) {
    const byte = bytes[end - back] ?? 0;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    // Bytes that begin with 10 go on with a character.
    if ((byte & 0xc0) !== 0x80) return length > back ? end - back : end;
  }
  return end;
}
