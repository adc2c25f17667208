// Estimates of tokens and the clipping of long texts: what keeps a briefing bounded.
import { TOOL_RESULT_CLIP_CHARS, TOOL_RESULT_CLIP_END_CHARS } from "@acos/protocol";

/** Characters of one message that agents are told; the log keeps the rest. */
const MESSAGE_CLIP_CHARS = 16_000;
const MESSAGE_CLIP_END_CHARS = 7_500;
/** Characters of ASCII text that make one token, on the safe side for prose and code. */
const ASCII_CHARS_PER_TOKEN = 3.5;

/** Estimated tokens of a text: ASCII by length, every other character as one token. Never below 1. */
export function estimateTokens(text: string): number {
  let other = 0;
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 127) other += 1;
  return Math.max(1, Math.ceil((text.length - other) / ASCII_CHARS_PER_TOKEN + other));
}

/** A tool result as a model is told it: whole when short, else its head and tail with a note of what is between. */
export function clipToolResult(text: string): string {
  return clip(text, TOOL_RESULT_CLIP_CHARS, TOOL_RESULT_CLIP_END_CHARS);
}

/** A message as agents are told it. */
export function clipMessage(text: string): string {
  return clip(text, MESSAGE_CLIP_CHARS, MESSAGE_CLIP_END_CHARS);
}

function clip(text: string, limit: number, end: number): string {
  if (text.length <= limit) return text;
  const left = text.length - 2 * end;
  return `${text.slice(0, end)}\n[… ${left} characters left out …]\n${text.slice(-end)}`;
}
