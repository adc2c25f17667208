// The last text of a prompt: the agent's own instructions, the group's closing words, and the message it answers.
import type { Trigger } from "@acos/protocol";

/** A name in the heading is a label, not a place for text. */
const AUTHOR_MAX_CHARS = 80;
const HEADING = "You answer this message now:";

export interface ClosingParts {
  readonly instructions: string;
  readonly closing: string;
  readonly trigger: Trigger;
}

/**
 * Puts the parts in their order. The answered message stands between lines that hold its id, which its author could not
 * know while writing it: no text inside can forge the end.
 */
export function closingText({ instructions, closing, trigger }: ClosingParts): string {
  const author = trigger.author.replace(/\s+/g, " ").slice(0, AUTHOR_MAX_CHARS);
  const { message } = trigger;
  const answered = `${HEADING}\n--- message ${message} from ${author} ---\n${trigger.text}\n--- end of message ${message} ---`;
  return [instructions, closing, answered].filter((part) => part !== "").join("\n\n");
}

/** Finds the answered message again; for a model that works by rules. Undefined when the text holds none. */
export function readAnswered(text: string): { author: string; text: string } | undefined {
  const pattern =
    /\n--- message (msg_\w+) from ([^\n]*) ---\n([\s\S]*)\n--- end of message \1 ---$/;
  const match = pattern.exec(text.slice(text.indexOf(HEADING)));
  return match === null ? undefined : { author: match[2] ?? "", text: match[3] ?? "" };
}
