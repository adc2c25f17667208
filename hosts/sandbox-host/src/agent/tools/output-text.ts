// A process's output as text: from one place on, as much as a result may hold, with the place where it goes on.
import { plainText } from "@acos/protocol";

import type { FrameLog } from "../frame-log.ts";

/** Characters of output in one result. */
const OUTPUT_MAX_CHARS = 20_000;
/** Of these, at least so many are the end, where errors stand. */
const TAIL_MIN_CHARS = 2_000;

export interface OutputText {
  readonly text: string;
  /** The last frame that is in the text. */
  readonly upTo: number;
  /** There is more after it. */
  readonly more: boolean;
}

/** Output after `from`, whole frames, until the text is full; at least one frame where there is one. */
export function outputAfter(log: FrameLog, from: number, most = OUTPUT_MAX_CHARS): OutputText {
  const decoders = { out: new TextDecoder(), err: new TextDecoder() };
  let text = "";
  let cursor: { seq: number; bytes?: number | undefined } = { seq: from };
  for (let next = log.next(cursor); next !== undefined; next = log.next(cursor)) {
    const { frame } = next;
    const piece =
      frame.t === "out" || frame.t === "err"
        ? plainText(decoders[frame.t].decode(frame.data, { stream: true }))
        : frame.t === "gap"
          ? `\n[… ${frame.bytes} bytes are not kept …]\n`
          : "";
    if (text !== "" && text.length + piece.length > most)
      return { text, upTo: cursor.seq, more: true };
    text += piece;
    cursor = next.cursor;
  }
  return { text, upTo: cursor.seq, more: false };
}

/** The beginning and the end of all output that is kept, and how to read what is between. */
export function outputClipped(log: FrameLog, process: string): string {
  const whole = outputAfter(log, 0, Number.MAX_SAFE_INTEGER).text;
  if (whole.length <= OUTPUT_MAX_CHARS) return whole;
  // A first frame may be longer than a half: it is shown whole, since reading goes on after whole frames only.
  const head = outputAfter(log, 0, OUTPUT_MAX_CHARS / 2);
  const tail = whole.slice(-Math.max(TAIL_MIN_CHARS, OUTPUT_MAX_CHARS - head.text.length));
  const left = Math.max(0, whole.length - head.text.length - tail.length);
  const how = `read_process process=${process} from=${head.upTo} reads on here`;
  return `${head.text}\n[… about ${left} characters left out: ${how} …]\n${tail}`;
}
