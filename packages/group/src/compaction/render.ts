// A summary as text: its sections with their lines, each with the numbers of the messages it rests on.
import { estimateTokens, type SummarySections } from "@acos/protocol";

import { oneLine } from "../briefing/label.ts";

export interface Telling {
  readonly version: number;
  readonly upTo: number;
  readonly sections: SummarySections;
  readonly seqs: Readonly<Record<string, number>>;
  /** Messages that members keep out of briefings: a line that rests on nothing else is not told. */
  readonly excluded: ReadonlySet<string>;
  /** What the lines may take, in estimated tokens. */
  readonly tokens: number;
}

/** What briefings tell of a summary; empty where nothing of it is to be told. */
export function tellSummary(telling: Telling): { readonly text: string; readonly tokens: number } {
  const lines = linesOf(telling);
  if (lines.length === 0) return { text: "", tokens: 0 };
  const text = [titleOf(telling), ...lines].join("\n");
  return { text, tokens: estimateTokens(text) };
}

/** The lines alone, as they are given to who makes the next summary. */
export function linesIn(text: string): string {
  return text === "" ? "" : text.slice(text.indexOf("\n") + 1);
}

function titleOf({ version, upTo }: Telling): string {
  const reach = upTo > 0 ? `, up to #${upTo}` : "";
  return `Summary of what came before (version ${version}${reach}):`;
}

function linesOf({ sections, seqs, excluded, tokens }: Telling): readonly string[] {
  const lines: string[] = [];
  let left = tokens;
  let untold = 0;
  for (const { section, bullets } of sections) {
    const shown = bullets.filter(
      ({ rests }) => rests.length === 0 || !rests.every((message) => excluded.has(message)),
    );
    const told = shown.flatMap(({ text, rests }) => {
      const line = `- ${oneLine(text)}${citations(rests, seqs)}`;
      left -= estimateTokens(line) + 1;
      return left < 0 ? [] : [line];
    });
    untold += shown.length - told.length;
    if (told.length > 0) lines.push(`## ${section}`, ...told);
  }
  if (untold > 0) lines.push(`(${untold} more lines do not fit into the group's budget any more.)`);
  return lines;
}

function citations(rests: readonly string[], seqs: Telling["seqs"]): string {
  const numbers = rests.map((message) => seqs[message]).filter((seq) => seq !== undefined);
  if (numbers.length === 0) return "";
  return ` [${numbers
    .toSorted((a, b) => a - b)
    .map((seq) => `#${seq}`)
    .join(", ")}]`;
}
