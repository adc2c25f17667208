// Reading a model's answer as a summary: lenient in how it is written, strict in that nothing is guessed.
import { SUMMARY_SECTIONS, type SummarySection } from "@acos/protocol";

export interface ParsedSection {
  readonly section: SummarySection;
  readonly lines: readonly string[];
}
export type Parsed =
  | { readonly ok: true; readonly sections: readonly ParsedSection[] }
  | { readonly ok: false; readonly reason: string };

/** Characters of a heading; a longer line is none. */
const HEADING_MAX_CHARS = 80;
const THOUGHT_END = "</think>";
const FENCE_OR_RULE = /^(?:`{3,}\w*|~{3,}\w*|-{3,}|\*{3,}|_{3,})$/;
const BULLET = /^(?:[-*+•–—]|\d{1,2}[.)])\s+(?:\[[ xX]\]\s+)?(.*)$/;
/** How a section says that it has nothing to say. */
const NOTHING =
  /^(?:[-*+•–—]\s*)?[_*([]*(?:none|nothing|n\/a|empty|keine?|nichts|-|–|—)(?: yet| so far)?[.)\]_*]*$/i;

/** Finds the five sections, each once and in order, with their lines. What stands before the first heading is passed over. */
export function parseSummary(answer: string): Parsed {
  const found: { section: SummarySection; lines: string[] }[] = [];
  for (const line of spoken(answer).split(/\r\n|[\n\r\u2028\u2029]/)) {
    const text = line.trim();
    if (text === "" || FENCE_OR_RULE.test(text)) continue;
    const heading = headingOf(text);
    const section = SUMMARY_SECTIONS.find((name) => name.toLowerCase() === heading?.words);
    const current = found.at(-1);
    if (section) found.push({ section, lines: [] });
    else if (heading?.marked && current)
      return { ok: false, reason: `It has a section of its own, “${heading.words}”.` };
    else if (current && !NOTHING.test(text)) addLine(current.lines, text);
  }
  const reason = orderProblem(found.map(({ section }) => section));
  return reason ? { ok: false, reason } : { ok: true, sections: found };
}

/** What a model says after what it thinks aloud. */
function spoken(answer: string): string {
  const end = answer.lastIndexOf(THOUGHT_END);
  return end < 0 ? answer : answer.slice(end + THOUGHT_END.length);
}

/** `## Goals`, `**Goals**`, `Goals:` and the like; `marked` where only a heading is written that way. */
function headingOf(text: string): { words: string; marked: boolean } | null {
  if (text.length > HEADING_MAX_CHARS) return null;
  const hashes = /^#{1,6}\s+/.exec(text)?.[0] ?? "";
  const words = text
    .slice(hashes.length)
    .replace(/^\d+[.)]\s+/, "")
    .replace(/^[*_]+|[*_:#\s]+$/g, "")
    .toLowerCase();
  return { words, marked: hashes !== "" };
}

/** A new bullet, or more words of the one before. */
function addLine(lines: string[], text: string): void {
  const bullet = BULLET.exec(text);
  if (bullet || lines.length === 0) lines.push(bullet?.[1] ?? text);
  else lines.push(`${lines.pop()!} ${text}`);
}

function orderProblem(found: readonly SummarySection[]): string | null {
  if (found.length === 0) return "It has none of the sections that a summary has.";
  const missing = SUMMARY_SECTIONS.find((section) => !found.includes(section));
  if (missing) return `The section “${missing}” is missing.`;
  if (found.length > SUMMARY_SECTIONS.length) return "It has a section twice.";
  return found.every((section, index) => section === SUMMARY_SECTIONS[index])
    ? null
    : "Its sections are not in their order.";
}
