// Frames of one process or call, kept and told: a reader begins after any seq and follows until the last frame.
import type { SandboxFrame } from "@acos/protocol";

/** Frames as they are put in: the log numbers them. */
export type NewFrame = SandboxFrame extends infer Frame
  ? Frame extends { seq: number }
    ? Omit<Frame, "seq">
    : never
  : never;

type Reader = ReadableStreamDefaultController<Uint8Array>;

const ENDS: readonly SandboxFrame["t"][] = ["exit", "result"];
const line = (frame: SandboxFrame) => new TextEncoder().encode(`${JSON.stringify(frame)}\n`);

export class FrameLog {
  readonly frames: SandboxFrame[] = [];
  readonly #readers = new Set<Reader>();
  readonly #gone: () => void;

  /** `gone` is called when the last reader went away before the end. */
  constructor(gone: () => void = () => undefined) {
    this.#gone = gone;
  }

  get head(): number {
    return this.frames.length;
  }

  get ended(): boolean {
    const last = this.frames.at(-1);
    return last !== undefined && ENDS.includes(last.t);
  }

  /** Adds a frame and tells it; after the last one nothing is added. */
  push(frame: NewFrame): void {
    if (this.ended) return;
    const numbered = { ...frame, seq: this.head + 1 } as SandboxFrame;
    this.frames.push(numbered);
    for (const reader of this.#readers) reader.enqueue(line(numbered));
    if (!this.ended) return;
    for (const reader of this.#readers) reader.close();
    this.#readers.clear();
  }

  /** Everything after `from`, then what comes. */
  read(from: number): ReadableStream<Uint8Array> {
    let own: Reader | undefined;
    return new ReadableStream<Uint8Array>({
      start: (reader) => {
        for (const frame of this.frames.slice(from)) reader.enqueue(line(frame));
        if (this.ended) return reader.close();
        own = reader;
        this.#readers.add(reader);
      },
      cancel: () => {
        if (own === undefined || !this.#readers.delete(own)) return;
        if (this.#readers.size === 0) this.#gone();
      },
    });
  }

  /** Breaks every reader's link off, without a last frame. */
  breakOff(): void {
    for (const reader of this.#readers) reader.close();
    this.#readers.clear();
  }
}
