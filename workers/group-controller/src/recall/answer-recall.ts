// The tool `recall`: what a search of the log found, as lines for a model.
import {
  SEARCH_QUERY_MAX_CHARS,
  type MemberId,
  type ToolArguments,
  type ToolResult,
} from "@acos/protocol";

import type { SearchAnswer, SearchPage } from "./search-source.ts";
import {
  authorOf,
  MATERIAL_NOTE,
  refused,
  refusedBy,
  timeOf,
  told,
  TOLD_MAX_CHARS,
  type ToldAuthor,
} from "./told-text.ts";

const HITS_DEFAULT = 8;
/** More would not fit into a result that is told whole. */
const HITS_MAX = 12;

export interface RecallPort {
  /** Contract: searches the whole log of the group; rejects with ProblemError where it cannot. */
  search(page: SearchPage): Promise<SearchAnswer>;
  author(member: MemberId): ToldAuthor;
}

/** Answers a call of `recall {query, limit?}`. Wrong arguments and failed searches are results too, with `isError`. */
export async function answerRecall(args: ToolArguments, port: RecallPort): Promise<ToolResult> {
  const { query, limit = HITS_DEFAULT } = args;
  if (typeof query !== "string" || query.trim() === "")
    return refused("Say in `query` which words to look for.");
  if (query.length > SEARCH_QUERY_MAX_CHARS)
    return refused(`Make \`query\` shorter: at most ${SEARCH_QUERY_MAX_CHARS} characters.`);
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1)
    return refused(`Make \`limit\` a whole number from 1 to ${HITS_MAX}.`);
  const page = { q: query.trim(), cursor: 0, limit: Math.min(limit, HITS_MAX) };
  try {
    return told(tell(await port.search(page), port));
  } catch (error) {
    return refusedBy(error);
  }
}

function tell({ hits, nextCursor, unread }: SearchAnswer, port: RecallPort): string {
  const rest = unread > 0 ? [UNREAD_NOTE] : [];
  if (hits.length === 0) return [NOTHING_NOTE, ...rest].join("\n");
  const lines = hits.map(
    ({ seq, at, by, snippet }) =>
      `#${seq} ${timeOf(at)} ${authorOf(port.author(by))}: ${oneLine(snippet)}`,
  );
  const notes = [...(nextCursor === null ? [] : [MORE_NOTE]), WHOLE_NOTE, ...rest];
  while (lengthOf(lines) + lengthOf(notes) + MATERIAL_NOTE.length > TOLD_MAX_CHARS) lines.pop();
  return [MATERIAL_NOTE, ...lines, ...notes].join("\n");
}

const NOTHING_NOTE =
  "No message of this group has these words. Try other words, fewer words, or names and numbers as they were written.";
const MORE_NOTE = "There are more messages with these words; rarer words find fewer.";
const WHOLE_NOTE = "read_message tells one of them whole, by its #number.";
const UNREAD_NOTE =
  "Not all of the log could be looked through for words as common as these: add names, numbers or other rare words.";

function oneLine(text: string): string {
  return text.replaceAll(/\s+/gu, " ");
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}
