// Clipping: long texts are told by their head and tail, with a note of how the rest is read.
import {
  estimateTokens,
  TOOL_RESULT_CLIP_CHARS,
  TOOL_RESULT_CLIP_END_CHARS,
  type ToolCallId,
} from "@acos/protocol";

/** Characters of one message that agents are told; the log keeps the rest. */
const MESSAGE_CLIP_CHARS = 16_000;
const MESSAGE_CLIP_END_CHARS = 7_500;
/** However small the budget, a text keeps this much. */
const LEAST_CHARS = 200;

/** A text as agents are told it. `left` is the number of characters that are not told: 0 where it is whole. */
export interface Clipped {
  readonly text: string;
  readonly left: number;
  readonly tokens: number;
}

interface Limit {
  readonly chars: number;
  /** Of the head and of the tail, once it is clipped. */
  readonly endChars: number;
  readonly tokens: number;
  /** What `read_message` is asked for to read the rest. */
  readonly handle: string;
}

/** A message of the log's `seq` in at most so many estimated tokens. */
export function clipMessage(text: string, seq: number, tokens: number): Clipped {
  const chars = MESSAGE_CLIP_CHARS;
  return clip(text, { chars, endChars: MESSAGE_CLIP_END_CHARS, tokens, handle: `#${seq}` });
}

/** A clipped message once more, for a budget that has become smaller. */
export function clipAgain(clipped: Clipped, seq: number, tokens: number): Clipped {
  const again = clipMessage(clipped.text, seq, tokens);
  if (again.left === 0 || clipped.left === 0) return again;
  const handle = `#${seq}`;
  const left = again.left + clipped.left - noteOf(clipped.left, handle).length - 2;
  const text = again.text.replace(noteOf(again.left, handle), () => noteOf(left, handle));
  return { ...again, left, text };
}

/** A tool result in at most so many estimated tokens. */
export function clipToolResult(text: string, call: ToolCallId, tokens: number): string {
  const chars = TOOL_RESULT_CLIP_CHARS;
  return clip(text, { chars, endChars: TOOL_RESULT_CLIP_END_CHARS, tokens, handle: call }).text;
}

function clip(text: string, { chars, endChars, tokens: most, handle }: Limit): Clipped {
  for (let limit = chars; ;) {
    const clipped = cutMiddle(text, {
      chars: limit,
      end: Math.floor((limit * endChars) / chars),
      handle,
    });
    const tokens = estimateTokens(clipped.text);
    if (tokens <= most || limit <= LEAST_CHARS) return { ...clipped, tokens };
    limit = Math.max(
      LEAST_CHARS,
      Math.floor((Math.min(limit, text.length) * most * 0.95) / tokens),
    );
  }
}

function cutMiddle(
  text: string,
  { chars, end, handle }: { chars: number; end: number; handle: string },
): { text: string; left: number } {
  if (text.length <= chars) return { text, left: 0 };
  const head = whole(text.slice(0, end));
  const tail = whole(text.slice(-end));
  const left = text.length - head.length - tail.length;
  return { text: `${head}\n${noteOf(left, handle)}\n${tail}`, left };
}

function noteOf(left: number, handle: string): string {
  return `[… ${left} characters left out; read_message ${handle} reads them …]`;
}

/** A stretch of text without the halves of characters that its ends were cut from. */
function whole(text: string): string {
  return text.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "");
}
