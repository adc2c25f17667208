// The messages of a stretch of the log as a search sees them: last text, without what was withdrawn and without reasoning.
import { textOf, type LogEvent, type MemberId, type MessageId } from "@acos/protocol";

import { inSlices } from "../in-slices.ts";
import { TermFilter } from "./term-filter.ts";
import { tokensOf } from "./terms.ts";
import { pairing } from "./word-pairs.ts";

/** Terms and pairs of one message: an answer of the full length has fewer. */
const INDEXED_MAX = 50_000;

/** A message that can be found. `seq` and `at` are those of its posting. */
export interface MessageText {
  readonly message: MessageId;
  readonly seq: number;
  readonly at: number;
  readonly by: MemberId;
  readonly text: string;
}

/** The messages that these events post, in seq order, with the edits and withdrawals among these events folded in. */
export function messageTexts(events: readonly LogEvent[]): MessageText[] {
  const texts = new Map<MessageId, MessageText>();
  for (const { seq, at, event } of events) {
    if (event.kind === "message-posted") {
      const { message, by } = event;
      texts.set(message, { message, seq, at, by, text: textOf(event.parts) });
    } else if (event.kind === "message-edited") {
      const posted = texts.get(event.message);
      if (posted) texts.set(event.message, { ...posted, text: textOf(event.parts) });
    } else if (event.kind === "message-redacted") texts.delete(event.message);
  }
  return [...texts.values()].filter(({ text }) => text.trim() !== "");
}

/**
 * The filter of a segment: every term of its messages and every pair, as far as the segment itself tells them. Made in
 * slices: a whole segment takes some fifty milliseconds.
 */
export async function filterOf(events: readonly LogEvent[]): Promise<TermFilter> {
  const found = new Set<string>();
  await inSlices(messageTexts(events), ({ text }) => {
    for (const term of indexedOf(text)) found.add(term);
  });
  return TermFilter.of(found);
}

/** What a message is found by. A made-up text with more than any has is found by its beginning. */
function indexedOf(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  const pairOf = pairing();
  for (const token of tokensOf(text)) {
    for (const term of token.terms) found.add(term);
    if (token.whole !== null) found.add(token.whole);
    const pair = pairOf(token);
    if (pair !== null) found.add(pair);
    if (found.size >= INDEXED_MAX) break;
  }
  return found;
}
