// One line of a bundle: an event that somebody else wrote, held to the form and the sizes that a group's own events have.
import {
  logEventSchema,
  MEMBERS_MAX,
  RUN_QUEUE_MAX,
  SEGMENT_MAX_BYTES,
  TOOL_ARGUMENTS_MAX_BYTES,
  TOOL_RESULT_MAX_CHARS,
  TURN_TEXT_MAX_CHARS,
  type GroupEvent,
  type LogEvent,
} from "@acos/protocol";

import { refusal } from "./bundle-format.ts";

/** One event. The largest that a group writes, an answer of the full length with every character escaped, is well below. */
export const LINE_MAX_BYTES = SEGMENT_MAX_BYTES;
/** How far a clock of another installation may be ahead. */
export const CLOCK_AHEAD_MS = 24 * 60 * 60_000;
/** Objects within objects: arguments of tools are the only place for any. */
const DEPTH_MAX = 64;
/** Items of one list: an answer's parts, a message's mentions, a run queue's agents are all fewer. */
const ITEMS_MAX = MEMBERS_MAX * RUN_QUEUE_MAX;
/** Names, handles, digests, model names: what stands in one line of a page. */
const NAME_MAX_CHARS = 300;
/** Reasons, problems' messages, labels, what an agent is for: what stands in a paragraph. */
const WORDS_MAX_CHARS = 20_000;
/** Texts that members and models write, and their sum in one message: an answer with its reasoning. */
const TEXT_MAX_CHARS = TURN_TEXT_MAX_CHARS;
const MESSAGE_MAX_CHARS = 2 * TEXT_MAX_CHARS;

const TEXTS = new Set(["text"]);
const WORDS = new Set(["reason", "message", "label", "about", "words", "paths"]);
/** JSON of any form, bounded as a whole. */
const FREE = new Set(["arguments", "details"]);

/** An event from its line. Throws ProblemError saying what is wrong with it; `now` is in ms since the epoch. */
export function eventOfLine(line: string, { seq, now }: { seq: number; now: number }): LogEvent {
  const refuse = (why: string) => refusal(`event ${seq} ${why}`);
  if (depthOf(line) > DEPTH_MAX) throw refuse("is nested too deeply");
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw refuse("is not valid JSON");
  }
  const parsed = logEventSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(`is no event of a log (${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""})`);
  }
  const placed = parsed.data;
  if (placed.seq !== seq) throw refuse(`is not there; ${placed.seq} is in its place`);
  if (placed.at > now + CLOCK_AHEAD_MS) throw refuse("is of a time that has not come");
  const large = tooLarge(placed.event);
  if (large !== null) throw refuse(`is larger than any event of a group (${large})`);
  return placed;
}

/** How deep brackets stand within brackets, strings left out: known before anything recursive looks at it. */
function depthOf(line: string): number {
  let [depth, deepest, quoted] = [0, 0, false];
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at];
    if (quoted && character === "\\") at += 1;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === "[" || character === "{") deepest = Math.max(deepest, (depth += 1));
    else if (character === "]" || character === "}") depth -= 1;
  }
  return deepest;
}

/** The name of a field that is too large; null where none is. */
function tooLarge(event: GroupEvent): string | null {
  if ("parts" in event) {
    const length = event.parts.reduce((sum, { text }) => sum + text.length, 0);
    if (length > MESSAGE_MAX_CHARS) return "parts";
  }
  return largeField(event, "event");
}

function largeField(value: unknown, field: string): string | null {
  if (typeof value === "string") return value.length > charsOf(field) ? field : null;
  if (Array.isArray(value)) {
    if (value.length > ITEMS_MAX) return field;
    for (const item of value) {
      const large = largeField(item, field);
      if (large !== null) return large;
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      const large = FREE.has(name) ? largeJson(item, name) : largeField(item, name);
      if (large !== null) return large;
    }
  }
  return null;
}

function charsOf(field: string): number {
  if (TEXTS.has(field)) return Math.max(TEXT_MAX_CHARS, TOOL_RESULT_MAX_CHARS);
  return WORDS.has(field) ? WORDS_MAX_CHARS : NAME_MAX_CHARS;
}

function largeJson(value: unknown, field: string): string | null {
  const bytes = new TextEncoder().encode(JSON.stringify(value)).length;
  return bytes > TOOL_ARGUMENTS_MAX_BYTES ? field : null;
}
