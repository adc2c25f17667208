// The rehearsal model's summary: lines that were said, marked ones before others, bounded so that no version outgrows the last.
import { SUMMARY_SECTIONS, type SummarySection } from "@acos/protocol";

import type { SummaryMaterial } from "../summary-prompt.ts";
import { factsIn, kindOf, RANK, type Fact } from "./rehearsal-facts.ts";
import { splitCitation } from "./rehearsal-labels.ts";
import { estimateTokens } from "@acos/protocol";

/** Lines that each section holds at most; the view of a summary takes 40. */
const SECTION_MAX: Readonly<Record<SummarySection, number>> = {
  Goals: 12,
  Decisions: 24,
  "Current state": 40,
  Artifacts: 16,
  "Open questions": 8,
};
/** Lines of which nothing tells that they matter: the last ones say at least what was spoken of. */
const CHATTER_MAX = 3;
/** A summary takes this share of what it may, and of what it is made from: whoever checks it counts a little otherwise. */
const SIZE_SHARE = 0.9;
/** Messages that one line is cited with at most, the newest of them. */
const CITES_MAX = 5;

/** Writes the summary. Pure: same material, same text. Where a bound leaves room for some, marked lines win, then newer ones. */
export function writeSummary({ previous, messages, maxTokens }: SummaryMaterial): string {
  const facts = joined([...carried(previous), ...factsIn(messages)]);
  const source = estimateTokens(previous) + estimateTokens(messages);
  return textOf(chosen(facts, Math.min(maxTokens, source) * SIZE_SHARE));
}

/** The bullets of the summary before, in the sections where they stood. */
function carried(previous: string): readonly Fact[] {
  let section: SummarySection = "Current state";
  return previous.split("\n").flatMap((line): Fact[] => {
    const heading = SUMMARY_SECTIONS.find((name) => line.trim() === `## ${name}`);
    section = heading ?? section;
    if (heading !== undefined || !line.startsWith("- ")) return [];
    const { text, cite } = splitCitation(line.slice(2));
    if (text === "") return [];
    const seqs = (cite.match(/\d+/g) ?? []).map(Number);
    return [{ section, text, seqs, rank: seqs.length === 0 ? RANK.own : kindOf(text).rank }];
  });
}

/** One line for what was said several times, where it stood first. */
function joined(facts: readonly Fact[]): readonly Fact[] {
  const known = new Map<string, Fact>();
  for (const fact of facts) {
    const key = fact.text.toLowerCase();
    const before = known.get(key);
    const seqs = before === undefined ? fact.seqs : [...before.seqs, ...fact.seqs];
    const sorted = [...new Set(seqs)].toSorted((a, b) => a - b).slice(-CITES_MAX);
    known.set(key, { ...(before ?? fact), seqs: sorted });
  }
  return [...known.values()];
}

/** The facts that the bounds leave room for. The first one always stays: nothing is no summary. */
function chosen(facts: readonly Fact[], maxTokens: number): readonly Fact[] {
  const kept: Fact[] = [];
  const count = new Map<SummarySection, number>();
  let tokens = estimateTokens(textOf([]));
  let chatter = 0;
  for (const fact of facts.toSorted((a, b) => b.rank - a.rank || newest(b) - newest(a))) {
    const size = estimateTokens(`${bullet(fact)}\n`);
    const inSection = count.get(fact.section) ?? 0;
    if (inSection >= SECTION_MAX[fact.section]) continue;
    if (fact.rank === RANK.chatter && chatter >= CHATTER_MAX) continue;
    if (kept.length > 0 && tokens + size > maxTokens) continue;
    kept.push(fact);
    tokens += size;
    count.set(fact.section, inSection + 1);
    if (fact.rank === RANK.chatter) chatter += 1;
  }
  return kept;
}

function newest({ seqs }: Fact): number {
  return seqs.at(-1) ?? 0;
}

function textOf(facts: readonly Fact[]): string {
  const lines = SUMMARY_SECTIONS.flatMap((section) => [
    `## ${section}`,
    ...facts
      .filter((fact) => fact.section === section)
      .toSorted((a, b) => newest(a) - newest(b))
      .map(bullet),
  ]);
  return lines.join("\n");
}

function bullet({ text, seqs }: Fact): string {
  const cite = seqs.length === 0 ? "" : ` [${seqs.map((seq) => `#${seq}`).join(", ")}]`;
  return `- ${text}${cite}`;
}
