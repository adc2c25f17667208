// The outgoing side of a turn: parts become lines, lines that come in one tick become one write, silence becomes beats.
//   write* ──▶ end (finish | failure)      silence ≥ heartbeat ──▶ beat      silence of the model ≥ stall ──▶ onStall
import { TURN_HEARTBEAT_MS, TURN_STALL_MS, type TurnPart } from "@acos/protocol";

import type { Clock } from "./clock.ts";

/** Two writes are this far apart when a model speaks faster; slower parts go out in the tick they come, the first text at once. */
const WRITE_GAP_MS = 4;

export interface TurnStreamParts {
  readonly clock: Clock;
  /** Contract: called once, when the reader of the stream has gone; what feeds it should stop. */
  readonly onCancel: () => void;
  /** Contract: called once, when nothing was heard of the model for TURN_STALL_MS; must end the stream. */
  readonly onStall: () => void;
}

type TextPart = Extract<TurnPart, { type: "text" | "reasoning" }>;

/** One turn's lines. Writing after the end does nothing, so that the first end counts. */
export class TurnStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #parts: TurnStreamParts;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #lines = "";
  /** The last part, while text can still be added to it. */
  #open: { type: TextPart["type"]; part: number; text: string } | undefined;
  #stopFlush: (() => void) | undefined;
  #stopWatch: (() => void) | undefined;
  #heardAt: number;
  #sentAt: number;
  #spoke = false;
  #ended = false;

  constructor(parts: TurnStreamParts) {
    this.#parts = parts;
    this.#heardAt = parts.clock.now();
    this.#sentAt = this.#heardAt - WRITE_GAP_MS;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.#stop();
        parts.onCancel();
      },
    });
    this.#watch(TURN_HEARTBEAT_MS);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Notes that the model gave a sign of life, whatever it was. */
  heard(): void {
    this.#heardAt = this.#parts.clock.now();
  }

  /** Sends a part with the next write; texts of one part that come together are joined. */
  write(part: TurnPart): void {
    if (this.#ended) return;
    this.#add(part);
    if (!this.#spoke && part.type === "text") {
      // Somebody waits for this one: no timer, however short, stands before it.
      this.#spoke = true;
      this.#flush();
      return;
    }
    if (this.#stopFlush) return;
    const due = this.#sentAt + WRITE_GAP_MS - this.#parts.clock.now();
    this.#stopFlush = this.#parts.clock.after(Math.max(0, due), () => this.#flush());
  }

  /** Sends the last part and closes. */
  end(part: Extract<TurnPart, { type: "finish" | "failure" }>): void {
    if (this.#ended) return;
    this.#add(part);
    this.#flush();
    this.#stop();
    this.#controller?.close();
  }

  #add(part: TurnPart): void {
    if (part.type === "text" || part.type === "reasoning") {
      if (this.#open?.type === part.type && this.#open.part === part.part) {
        this.#open.text += part.text;
        return;
      }
      this.#closeOpen();
      this.#open = { ...part };
      return;
    }
    this.#closeOpen();
    this.#lines += `${JSON.stringify(part)}\n`;
  }

  #closeOpen(): void {
    if (this.#open) this.#lines += `${JSON.stringify(this.#open)}\n`;
    this.#open = undefined;
  }

  #flush(): void {
    this.#stopFlush?.();
    this.#stopFlush = undefined;
    this.#closeOpen();
    if (this.#lines === "") return;
    this.#controller?.enqueue(this.#encoder.encode(this.#lines));
    this.#lines = "";
    this.#sentAt = this.#parts.clock.now();
  }

  /** One timer for both silences, set anew when it fires: a token costs none. */
  #watch(ms: number): void {
    this.#stopWatch = this.#parts.clock.after(ms, () => {
      const now = this.#parts.clock.now();
      if (now - this.#heardAt >= TURN_STALL_MS) {
        this.#parts.onStall();
        return;
      }
      if (now - this.#sentAt >= TURN_HEARTBEAT_MS) {
        this.write({ type: "beat" });
        this.#flush();
      }
      if (!this.#ended) this.#watch(Math.max(1, this.#sentAt + TURN_HEARTBEAT_MS - now));
    });
  }

  #stop(): void {
    this.#ended = true;
    this.#stopFlush?.();
    this.#stopWatch?.();
  }
}
