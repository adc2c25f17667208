// Summaries for grown logs, as a model would write them: what was to be remembered, and what was said last.
import type { SummaryRequest } from "@acos/protocol";

/** Lines of which nothing tells that they matter. */
const LAST_LINES = 3;
const MESSAGE = /^\[#(\d+) [^\n]*\n {2}(.*)$/s;

/** A summary that passes the group's check: every line is quoted, with the number of its message. */
export function writeSummary({ previous, messages }: SummaryRequest): string {
  const said = messages.map(({ text }) => lineOf(text));
  const kept = said.filter((line) => line.startsWith("- Remember"));
  const before = previous.split("\n").filter((line) => line.startsWith("- Remember"));
  const state = [...before, ...kept, ...said.slice(-LAST_LINES)];
  return [
    "## Goals",
    "## Decisions",
    "## Current state",
    ...new Set(state),
    "## Artifacts",
    "## Open questions",
  ].join("\n");
}

function lineOf(labelled: string): string {
  const [, seq = "", text = ""] = MESSAGE.exec(labelled) ?? [];
  return `- ${text} [#${seq}]`;
}
