// Streams of frames as a group reads them: an end without `exit` or `result` is a link that broke off, never a success.
import { sandboxFrameSchema, type ExitStatus, type SandboxFrame } from "@acos/protocol";

export type NumberedFrame = Exclude<SandboxFrame, { t: "beat" }>;

/** Frames as they come, without heartbeats. Throws for a line that is none. */
export async function* framesOf(response: Response): AsyncGenerator<NumberedFrame> {
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of response.body ?? []) {
    rest += decoder.decode(piece as Uint8Array, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const frame = sandboxFrameSchema.parse(JSON.parse(line));
      if (frame.t !== "beat") yield frame;
    }
  }
}

/** All frames of a stream to its end, whatever that is. */
export async function allFrames(response: Response): Promise<NumberedFrame[]> {
  const frames: NumberedFrame[] = [];
  for await (const frame of framesOf(response)) frames.push(frame);
  return frames;
}

/** What a stream came to. */
export interface Told {
  readonly frames: readonly NumberedFrame[];
  readonly out: string;
  readonly err: string;
  readonly exit: ExitStatus;
}

/** Reads a process's stream. Throws where it ends without an `exit`. */
export async function told(response: Response): Promise<Told> {
  const frames = await allFrames(response);
  const last = frames.at(-1);
  if (last?.t !== "exit") throw new Error(`the stream broke off after ${last?.t ?? "nothing"}`);
  const { code, signal, timedOut } = last;
  const exit = { code, signal, timedOut };
  return { frames, out: textOf(frames, "out"), err: textOf(frames, "err"), exit };
}

/** One stream's text, the pieces joined. */
export function textOf(frames: readonly NumberedFrame[], stream: "out" | "err"): string {
  const pieces = frames.flatMap((frame) => (frame.t === stream ? [frame.b64] : []));
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64"))).toString("utf8");
}
