// Reading a call's stream of frames up to its result. A stream that ends without one broke off, whatever came before.
import {
  parse,
  parseJson,
  SANDBOX_STALL_MS,
  sandboxFrameSchema,
  type SandboxFrame,
} from "@acos/protocol";

export type ResultFrame = Extract<SandboxFrame, { t: "result" }>;

/** How far a stream was read, and the result where it came. `isAlive`: something came at all. */
export interface FramesRead {
  readonly result: ResultFrame | null;
  readonly seq: number;
  readonly isAlive: boolean;
}

/** Frames are bounded by the host; a line beyond this is none. */
const LINE_MAX_CHARS = 2 * 1024 * 1024;

/** Reads frames after `seq`. Never throws for what the stream says or fails to say. */
export async function readFrames(
  stream: ReadableStream<Uint8Array> | null,
  after: number,
): Promise<FramesRead> {
  let [seq, isAlive] = [after, false];
  try {
    for await (const line of stream ? linesOf(stream) : []) {
      const frame = parse(sandboxFrameSchema, parseJson(line, "A frame"), "A frame");
      isAlive = true;
      if (frame.t === "beat" || frame.seq <= seq) continue;
      seq = frame.seq;
      if (frame.t === "result") return { result: frame, seq, isAlive };
    }
  } catch {
    // The link broke, was silent for too long or brought no frames: whoever reads asks for the rest.
  }
  return { result: null, seq, isAlive };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncIterable<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await withinStall(reader.read());
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LINE_MAX_CHARS) throw new RangeError("a line without an end");
      for (const line of lines) if (line !== "") yield line;
    }
  } finally {
    reader.cancel().catch(() => {
      // The stream is broken or done; there is nothing left to cancel.
    });
  }
}

/** Waits for the next bytes at most as long as a stall lasts. */
async function withinStall<T>(reading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const stall = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new RangeError("silent")), SANDBOX_STALL_MS);
  });
  try {
    return await Promise.race([reading, stall]);
  } finally {
    clearTimeout(timer);
  }
}
