// A command's stream, read to its end for callers that want one answer. Only `exit` ends it well.
import {
  EXEC_OUTPUT_MAX_BYTES,
  problem,
  ProblemError,
  sandboxFrameSchema,
  type ExecResult,
  type SandboxFrame,
} from "@acos/protocol";

/** Longest line: a frame of output is a few dozen kB. */
const LINE_MAX_CHARS = 4 * 1024 * 1024;

interface Reading {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A background command is answered as soon as it runs. */
  readonly background: boolean;
}

/**
 * Reads a stream of frames to the command's end. Throws ProblemError `sandbox_failed` where it breaks off, says what is no
 * frame, or more than a command may put out: never is a made-up end told.
 */
export async function readExecResult(
  stream: ReadableStream<Uint8Array>,
  { now, background }: Reading,
): Promise<ExecResult> {
  const startedAt = now();
  const output = { out: new Output(), err: new Output() };
  let process = "";
  let droppedBytes = 0;
  const resultOf = (exit: Pick<ExecResult, "code" | "signal" | "timedOut">): ExecResult => ({
    process,
    ...exit,
    stdout: output.out.text(),
    stderr: output.err.text(),
    droppedBytes,
    durationMs: Math.max(0, now() - startedAt),
  });
  for await (const frame of framesOf(stream)) {
    if (frame.t === "start") process = frame.process ?? "";
    if (frame.t === "start" && background)
      return resultOf({ code: null, signal: null, timedOut: false });
    if (frame.t === "out" || frame.t === "err") output[frame.t].add(frame.b64);
    if (frame.t === "gap") droppedBytes += frame.bytes;
    if (frame.t === "exit") {
      const { code, signal, timedOut } = frame;
      return resultOf({ code, signal, timedOut });
    }
  }
  throw brokenOff();
}

/** One stream's bytes; decoded at the end, since a character may be cut between frames. */
class Output {
  readonly #pieces: Uint8Array[] = [];
  #size = 0;

  /** Throws `sandbox_failed` for what is no base64. */
  add(b64: string): void {
    const piece = bytesOf(b64);
    this.#size += piece.length;
    if (this.#size > EXEC_OUTPUT_MAX_BYTES) throw brokenOff();
    this.#pieces.push(piece);
  }

  text(): string {
    const decoder = new TextDecoder();
    const parts = this.#pieces.map((piece) => decoder.decode(piece, { stream: true }));
    return `${parts.join("")}${decoder.decode()}`;
  }
}

function bytesOf(b64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(b64), (character) => character.charCodeAt(0));
  } catch {
    // No base64: the sandbox does not say what it should.
    throw brokenOff();
  }
}

async function* framesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<SandboxFrame> {
  const decoder = new TextDecoder();
  let held = "";
  try {
    for await (const piece of stream) {
      const lines = `${held}${decoder.decode(piece, { stream: true })}`.split("\n");
      held = lines.pop() ?? "";
      if (held.length > LINE_MAX_CHARS) throw brokenOff();
      for (const line of lines) if (line !== "") yield frameIn(line);
    }
  } catch (error) {
    // Whatever is no frame, and a link that broke: the end was not told.
    throw error instanceof ProblemError ? error : brokenOff();
  }
}

function frameIn(line: string): SandboxFrame {
  return sandboxFrameSchema.parse(JSON.parse(line));
}

function brokenOff(): ProblemError {
  const words =
    "The sandbox's answer broke off before the command had ended, so it may have run or not. Look at its processes and files, then run it again.";
  return new ProblemError(problem("sandbox_failed", words));
}
