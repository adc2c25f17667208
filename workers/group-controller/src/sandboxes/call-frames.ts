// Reading a call's stream of frames up to its result. A stream that ends without one broke off, whatever came before.
import {
  parse,
  parseJson,
  SANDBOX_STALL_MS,
  sandboxFrameSchema,
  type SandboxFrame,
} from "@acos/protocol";

import { linesOf } from "../stream-lines.ts";

export type ResultFrame = Extract<SandboxFrame, { t: "result" }>;

/** How far a stream was read, and the result where it came. `isAlive`: something came at all. */
export interface FramesRead {
  readonly result: ResultFrame | null;
  readonly seq: number;
  readonly isAlive: boolean;
}

/** Frames are bounded by the host; a line beyond this is none. */
const LINE_MAX_CHARS = 2 * 1024 * 1024;
const READING = {
  stallMs: SANDBOX_STALL_MS,
  stalled: () => new RangeError("silent"),
  lineMaxChars: LINE_MAX_CHARS,
};

/** Reads frames after `seq`, each told to `hear` once. Never throws for what the stream says or fails to say. */
export async function readFrames(
  stream: ReadableStream<Uint8Array> | null,
  after: number,
  hear: (frame: SandboxFrame) => void,
): Promise<FramesRead> {
  let [seq, isAlive] = [after, false];
  try {
    for await (const line of stream ? linesOf(stream, READING) : []) {
      const frame = parse(sandboxFrameSchema, parseJson(line, "A frame"), "A frame");
      isAlive = true;
      if (frame.t === "beat" || frame.seq <= seq) continue;
      seq = frame.seq;
      hear(frame);
      if (frame.t === "result") return { result: frame, seq, isAlive };
    }
  } catch {
    // The link broke, was silent for too long or brought no frames: whoever reads asks for the rest.
  }
  return { result: null, seq, isAlive };
}
