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
    if (quiet || this.#size >= FRAME_MAX_BYTES) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), WINDOW_MS);
  }

  /** Gives out what is gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#size === 0) return;
    const [first] = this.#pieces;
    const whole =
      this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#size = 0;
    this.#emittedAt = performance.now();
    for (let at = 0; at < whole.length; at += FRAME_MAX_BYTES)
      this.#emit(this.#stream, whole.subarray(at, at + FRAME_MAX_BYTES));
  }
}
