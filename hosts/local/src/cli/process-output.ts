// The output of a process in a sandbox, frame after frame, each once: a link that breaks is taken up where it broke.
import { type ExitStatus, SANDBOX_STALL_MS, type SandboxFrame } from "@acos/protocol";

import { RefusedStart } from "../usage-error.ts";
import { askSandbox, SandboxRefusal, type SandboxPlace } from "./sandbox-request.ts";

export interface OutputRim {
  /** Contract: gets the bytes in the order they were written. */
  readonly onBytes: (stream: "out" | "err", bytes: Uint8Array) => void;
  /** Contract: told how many bytes are not there any more. */
  readonly onGap: (bytes: number) => void;
  readonly wait: (ms: number) => Promise<void>;
}

/** Tries in a row without a new frame, before it is given up: half a minute in all. */
const TRIES = 8;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8_000;

/** Reading of one process, from the answer that began it to its end. */
export class ProcessOutput {
  readonly #place: SandboxPlace;
  readonly #rim: OutputRim;
  #process: string | undefined;
  #seen = 0;
  #wasLost = false;

  constructor(place: SandboxPlace, rim: OutputRim) {
    this.#place = place;
    this.#rim = rim;
  }

  /** Known from the first frame on. */
  get process(): string | undefined {
    return this.#process;
  }

  /** Whether the link broke on the way. */
  get wasLost(): boolean {
    return this.#wasLost;
  }

  /**
   * Reads until the process has ended and answers how. An answer that ends otherwise was broken off, and what follows is
   * asked for. Throws RefusedStart when that leads nowhere: the process may go on then.
   */
  async read(begun: Response): Promise<ExitStatus> {
    let failures = 0;
    let last = "";
    for (let answer: Response | undefined = begun; failures < TRIES; answer = undefined) {
      const before = this.#seen;
      try {
        const exit = await this.#take(answer ?? (await this.#ask()));
        if (exit !== undefined) return exit;
      } catch (error) {
        if (isLasting(error)) throw error;
        last = error instanceof Error ? ` (${error.message})` : "";
      }
      if (this.#process === undefined)
        throw new RefusedStart(
          `The connection was lost before the command had begun${last}. Look at what it would have done, then run it again.`,
        );
      this.#wasLost = true;
      failures = this.#seen > before ? 1 : failures + 1;
      await this.#rim.wait(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)));
    }
    throw new RefusedStart(
      `The connection was lost${last}. The command may go on: its process is ${this.#process ?? ""}.`,
    );
  }

  async #ask(): Promise<Response> {
    const path = `/processes/${encodeURIComponent(this.#process ?? "")}/output?from=${this.#seen}`;
    return askSandbox(this.#place, { method: "GET", path });
  }

  /** Answers how the process ended, or undefined when the stream did not say. */
  async #take(answer: Response): Promise<ExitStatus | undefined> {
    for await (const frame of framesOf(answer)) {
      if (frame.t === "beat" || frame.seq <= this.#seen) continue;
      this.#seen = frame.seq;
      if (frame.t === "start") this.#process ??= frame.process;
      if (frame.t === "out" || frame.t === "err")
        this.#rim.onBytes(frame.t, Buffer.from(frame.b64, "base64"));
      if (frame.t === "gap") this.#rim.onGap(frame.bytes);
      if (frame.t === "exit") return frame;
    }
    return undefined;
  }
}

/** What trying again does not mend: the process is not known, or the user may not look. */
function isLasting(error: unknown): boolean {
  return error instanceof SandboxRefusal && error.status >= 400 && error.status < 500;
}

async function* framesOf({ body }: Response): AsyncGenerator<SandboxFrame> {
  if (body === null) return;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const watch = setTimeout(
    () => void reader.cancel(new Error("no sign of life")).catch(() => undefined),
    SANDBOX_STALL_MS,
  );
  const decoder = new TextDecoder();
  let held = "";
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      watch.refresh();
      const lines = `${held}${decoder.decode(read.value, { stream: true })}`.split("\n");
      held = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield JSON.parse(line) as SandboxFrame;
    }
  } finally {
    clearTimeout(watch);
    await reader.cancel().catch(() => undefined); // It ended, or nobody listens: either way it is over.
  }
}
