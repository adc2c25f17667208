// Numbered frames of one stream, kept in bounded memory: the beginning, the end, and a count of what was between them.
//
//   1 … head | dropped: read as one `gap` | tail … last
import type { ExitStatus, ToolResult } from "@acos/protocol";

import type { Frame } from "./frame.ts";

interface Kept {
  readonly frame: Frame;
  /** Output bytes up to and with this frame. */
  readonly end: number;
}

/** What one frame costs beside its bytes, so that many small ones are bounded too. */
const FRAME_COST_BYTES = 256;
/** Tail frames that left are cut off the array when there are so many. */
const COMPACT_AT = 1_024;

interface LogOptions {
  /** Bytes kept, half for the head and half for the tail. */
  readonly capacity: number;
  /** Nobody reads the tail before the stream ends: then all that is ever handed out fits into the capacity. */
  readonly held?: boolean;
}

/** A place in a log: the last frame that was read, and the bytes up to it where they are known. */
export interface Cursor {
  readonly seq: number;
  readonly bytes?: number | undefined;
}

type Body =
  | { readonly t: "start"; readonly process?: string }
  | { readonly t: "out" | "err"; readonly data: Buffer }
  | ({ readonly t: "exit" } & ExitStatus)
  | { readonly t: "result"; readonly result: ToolResult; readonly port?: number };

export class FrameLog {
  readonly #held: boolean;
  #capacity: number;
  #head: Kept[] = [];
  #headCost = 0;
  #headClosed = false;
  #tail: Kept[] = [];
  #tailFrom = 0;
  #tailCost = 0;
  #last = 0;
  #bytes = 0;
  #ended = false;
  readonly #waiting = new Set<() => void>();

  constructor({ capacity, held = false }: LogOptions) {
    this.#capacity = capacity;
    this.#held = held;
  }

  /** Number of the newest frame; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Whether the frame that ends the stream is there. */
  get ended(): boolean {
    return this.#ended;
  }

  /** About what the log takes in memory. */
  get cost(): number {
    return this.#headCost + this.#tailCost;
  }

  /** About what the frames after a place take, kept or not. */
  costAfter({ seq, bytes = 0 }: Cursor): number {
    return this.#bytes - bytes + (this.#last - seq) * FRAME_COST_BYTES;
  }

  /** Adds a frame under the next number. After the one that ended the stream, nothing is added any more. */
  append(body: Body): void {
    if (this.#ended) return;
    this.#last += 1;
    const size = "data" in body ? body.data.length : 0;
    this.#bytes += size;
    this.#keep({ frame: { ...body, seq: this.#last }, end: this.#bytes }, size + FRAME_COST_BYTES);
    if (body.t === "exit" || body.t === "result") this.#ended = true;
    this.#wake();
  }

  /** Keeps less from now on: for streams that ended long ago, when others need the room. */
  shrink(capacity: number): void {
    this.#capacity = capacity;
    const kept = [...this.#head, ...this.#tail.slice(this.#tailFrom)];
    this.#head = [];
    this.#tail = [];
    this.#headCost = 0;
    this.#tailFrom = 0;
    this.#tailCost = 0;
    this.#headClosed = false;
    let seq = 0;
    for (const item of kept) {
      // A hole that is there already stays one: the head must be without any.
      if (item.frame.seq !== seq + 1) this.#headClosed = true;
      seq = item.frame.seq;
      this.#keep(item, costOf(item));
    }
  }

  /** The frame after a place, a `gap` where it is not kept, or undefined where there is none yet. */
  next(cursor: Cursor): { readonly frame: Frame; readonly cursor: Cursor } | undefined {
    const inHead = this.#head[cursor.seq];
    if (inHead !== undefined) return at(inHead);
    const first = this.#tail[this.#tailFrom];
    if (first === undefined || cursor.seq >= this.#last) return undefined;
    if (this.#held && !this.#ended) return undefined;
    if (cursor.seq + 1 < first.frame.seq) return this.#gap(cursor, first);
    const item = this.#tail[this.#tailFrom + cursor.seq + 1 - first.frame.seq];
    return item && at(item);
  }

  /** Resolves when there may be more after a place, when the stream has ended, or when the signal says so. */
  async change(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = () => resolve();
    this.#waiting.add(done);
    signal.addEventListener("abort", done, { once: true });
    await promise;
    this.#waiting.delete(done);
    signal.removeEventListener("abort", done);
  }

  #gap(cursor: Cursor, first: Kept) {
    const end = first.end - sizeOf(first);
    const from = cursor.bytes ?? this.#head.at(-1)?.end ?? 0;
    const frame = { t: "gap", seq: first.frame.seq - 1, bytes: Math.max(0, end - from) } as const;
    return { frame, cursor: { seq: frame.seq, bytes: end } };
  }

  #keep(item: Kept, cost: number): void {
    const half = this.#capacity / 2;
    if (!this.#headClosed && this.#headCost + cost <= half) {
      this.#head.push(item);
      this.#headCost += cost;
      return;
    }
    this.#headClosed = true;
    this.#tail.push(item);
    this.#tailCost += cost;
    while (this.#tailCost > half && this.#tail.length - this.#tailFrom > 1) this.#dropFirst();
  }

  #dropFirst(): void {
    const first = this.#tail[this.#tailFrom];
    if (first === undefined) return;
    this.#tailCost -= costOf(first);
    this.#tailFrom += 1;
    if (this.#tailFrom < COMPACT_AT && this.#tailFrom * 2 < this.#tail.length) return;
    this.#tail = this.#tail.slice(this.#tailFrom);
    this.#tailFrom = 0;
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

const at = (item: Kept) => ({
  frame: item.frame,
  cursor: { seq: item.frame.seq, bytes: item.end },
});
const sizeOf = ({ frame }: Kept) => ("data" in frame ? frame.data.length : 0);
const costOf = (item: Kept) => sizeOf(item) + FRAME_COST_BYTES;
