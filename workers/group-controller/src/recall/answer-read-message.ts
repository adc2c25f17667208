// The tool `read_message`: one message, or the whole result of one tool call, a stretch at a time.
import {
  isId,
  type MessageId,
  type ToolArguments,
  type ToolCallId,
  type ToolResult,
} from "@acos/protocol";

import {
  authorOf,
  indent,
  MATERIAL_NOTE,
  refused,
  refusedBy,
  timeOf,
  told,
  TOLD_MAX_CHARS,
  type ToldAuthor,
} from "./told-text.ts";

/** What the words around a stretch may take. */
const AROUND_CHARS = 400;

/** What a model may ask for. */
export type ReadReference =
  | { readonly kind: "seq"; readonly seq: number }
  | { readonly kind: "message"; readonly message: MessageId }
  | { readonly kind: "call"; readonly call: ToolCallId };

/** What was found. `text` is null where it was withdrawn. */
export type ReadFound =
  | {
      readonly kind: "message";
      readonly seq: number;
      readonly at: number;
      readonly author: ToldAuthor;
      readonly text: string | null;
    }
  | {
      readonly kind: "result";
      readonly seq: number;
      readonly at: number;
      readonly tool: string;
      readonly isError: boolean;
      readonly text: string;
    };

export interface ReadMessagePort {
  /**
   * Contract: finds a message by its id or by the seq of the event that posted it, and the result of a tool call, however
   * old, with the text it has now. Null: there is none. Rejects with ProblemError where it cannot look.
   */
  find(reference: ReadReference): Promise<ReadFound | null>;
}

/** Answers a call of `read_message {message, from?}`. What is not there and wrong arguments are results, with `isError`. */
export async function answerReadMessage(
  args: ToolArguments,
  port: ReadMessagePort,
): Promise<ToolResult> {
  const { message, from = 0 } = args;
  const reference = referenceOf(message);
  if (!reference)
    return refused(
      "Say in `message` which one to read: its number, such as #123, its id (msg_…), or the id of a tool call (tcl_…).",
    );
  if (typeof from !== "number" || !Number.isInteger(from) || from < 0)
    return refused("Make `from` a whole number of characters, 0 or more.");
  try {
    const found = await port.find(reference);
    return found ? tell(found, from) : refused(MISSING[reference.kind]);
  } catch (error) {
    return refusedBy(error);
  }
}

const MISSING: { readonly [K in ReadReference["kind"]]: string } = {
  seq: "No message of this group has this number. recall tells the numbers of messages.",
  message: "This group has no message with this id.",
  call: "This group has no result of a tool call with this id.",
};

function referenceOf(value: unknown): ReadReference | null {
  if (typeof value === "number")
    return Number.isSafeInteger(value) && value > 0 ? { kind: "seq", seq: value } : null;
  if (typeof value !== "string") return null;
  const name = value.trim().replace(/^\[(.*)\]$/, "$1");
  const digits = /^#?(\d{1,15})$/.exec(name)?.[1];
  if (digits) return referenceOf(Number(digits));
  if (isId("message", name)) return { kind: "message", message: name };
  return isId("toolCall", name) ? { kind: "call", call: name } : null;
}

function tell(found: ReadFound, from: number): ToolResult {
  const label = labelOf(found);
  const { text } = found;
  if (text === null) return refused(`${label} was withdrawn. Its text is no longer told.`);
  if (from > 0 && from >= text.length)
    return refused(`${label} has ${text.length} characters: there is nothing from ${from} on.`);
  const begin = unparted(text, from);
  const end = stretchEnd(text, begin);
  const all = begin === 0 && end === text.length;
  const place = all ? "" : `, characters ${begin} to ${end} of ${text.length}`;
  const lines = [MATERIAL_NOTE, `${label}${place}:`, indent(text.slice(begin, end))];
  if (end < text.length) lines.push(`Go on with \`from\`: ${end}.`);
  return told(lines.join("\n"));
}

function labelOf(found: ReadFound): string {
  const place = `#${found.seq} ${timeOf(found.at)}`;
  if (found.kind === "message") return `${place} ${authorOf(found.author)}`;
  return `${place} ${found.isError ? "failed result" : "result"} of ${found.tool}`;
}

/** The end of the stretch that fits, with its lines indented. */
function stretchEnd(text: string, begin: number): number {
  let room = TOLD_MAX_CHARS - AROUND_CHARS - MATERIAL_NOTE.length;
  let end = begin;
  while (end < text.length) {
    room -= /[\n\r\u2028\u2029]/.test(text.charAt(end)) ? 3 : 1;
    if (room < 0) break;
    end += 1;
  }
  return unparted(text, end);
}

/** A place that parts no character that takes two units. */
function unparted(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return at > 0 && at < text.length && unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
