// Tests of reading and checking a summary: what models write is read leniently, what they invent is refused with words.
import { describe, expect, it } from "vitest";

import { SUMMARY_SECTIONS, type MessageId } from "@acos/protocol";

import { answerOf, testId } from "../../test/scenario.ts";
import { checkSummary, type SummarySource } from "./check.ts";

const TEXTS: Readonly<Record<number, string>> = {
  12: "We ship on Friday, 2026-11-27, says @noor. The budget is 12,500 euros.",
  15: "See https://example.org/plan?x=1#mail and src/plans/litres.ts, or run `npm test -- --watch`.",
  18: "The order is ord_01jabcdef, the commit 3f9a0c7, the ticket GARDEN-42, issue #42. Ask lena@example.org.",
};
const source = (change: Partial<SummarySource> = {}): SummarySource => ({
  messages: Object.entries(TEXTS).map(([seq, text]) => ({
    message: testId("message", Number(seq)),
    seq: Number(seq),
    label: `[#${seq} 2026-11-26 16:30 UTC] Lena (@lena, person):`,
    text,
    tokens: 100,
  })),
  previous: {
    text: "Summary:\n## Goals\n- Grow pumpkins in bed_7 [#3]",
    seqs: { [testId("message", 3)]: 3 },
  },
  maxTokens: 400,
  ...change,
});
const reason = (answer: string, change?: Partial<SummarySource>): string => {
  const checked = checkSummary(answer, source(change));
  return checked.ok ? "" : checked.reason;
};
const goals = (answer: string): { text: string; rests: readonly MessageId[] }[] => {
  const checked = checkSummary(answer, source());
  if (!checked.ok) throw new Error(checked.reason);
  return checked.sections[0]!.bullets;
};
const ids = (...seqs: number[]): MessageId[] => seqs.map((seq) => testId("message", seq));
const section = (style: (name: string) => string, line: string): string =>
  SUMMARY_SECTIONS.map((name, index) => `${style(name)}\n${index === 0 ? line : "- None."}`).join(
    "\n\n",
  );

describe("checking summaries", () => {
  it("[C5] what passes has all sections, and its lines rest on messages of the source or of the summary before", () => {
    const checked = checkSummary(
      answerOf("Ship on Friday [#12, #15]", "Grow pumpkins in bed_7 [#3]"),
      source(),
    );
    expect(checked).toMatchObject({ ok: true });
    expect(checked.ok && checked.sections.map((each) => each.section)).toEqual(SUMMARY_SECTIONS);
    expect(checked.ok && checked.sections[0]!.bullets).toEqual([
      { text: "Ship on Friday", rests: ids(12, 15) },
      { text: "Grow pumpkins in bed_7", rests: ids(3) },
    ]);
  });

  it.each([
    ["", "none of the sections"],
    ["Sorry, I can't help with that.", "none of the sections"],
    ["## Goals\n- Ship [#12]\n## Decisions", "“Current state” is missing"],
    [
      SUMMARY_SECTIONS.toReversed()
        .map((name) => `## ${name}`)
        .join("\n"),
      "not in their order",
    ],
    [`${answerOf("Ship [#12]")}\n## Goals`, "a section twice"],
    [`${answerOf("Ship [#12]")}\n## Next steps\n- Go [#12]`, "a section of its own"],
    [answerOf(), "It is empty"],
    [section((name) => `## ${name}`, "- None."), "It is empty"],
  ])("[C5] %j is refused: %s", (answer, words) => {
    expect(reason(answer)).toContain(words);
  });

  it.each([
    ["Ship on Friday", "does not say which messages it rests on"],
    ["Ship [#12] on Friday", "does not say which messages it rests on"],
    [
      "Ship on Friday [#12]\nLet me know if you need more.",
      "does not say which messages it rests on",
    ],
    ["Ship on Friday [#99]", "rests on #99, which is none of the messages"],
    ["Ship on Friday as #13 says [#12]", "speaks of “#13”"],
    ["[#12]", "says nothing"],
    ["See https://example.org/other [#15]", "speaks of “https://example.org/other”"],
    ["See src/plans/liters.ts [#15]", "speaks of “src/plans/liters.ts”"],
    ["Read /etc/passwd [#15]", "speaks of “/etc/passwd”"],
    ["Open report.pdf [#15]", "speaks of “report.pdf”"],
    ["Run `npm start` [#15]", "speaks of “npm start”"],
    ["@grace does it [#12]", "speaks of “@grace”"],
    ["It costs 12,600 euros [#12]", "speaks of “12600”"],
    ["It costs 125 euros [#12]", "speaks of “125”"],
    ["The order is ord_01jabcdeg [#18]", "speaks of “ord_01jabcdeg”"],
    ["The order is ord_01jabcde [#18]", "speaks of “ord_01jabcde”"],
    ["The commit is 3f9a0c8 [#18]", "speaks of “3f9a0c8”"],
    ["The ticket is GARDEN-43 [#18]", "speaks of “garden-43”"],
    ["Ask noor@example.org [#18]", "speaks of “noor@example.org”"],
    [`${"word ".repeat(250)}[#12]`, "too long"],
    [`${"word ".repeat(900)}[#12]`, "too long"],
  ])("[C5] a line like %j is refused: it %s", (line, words) => {
    expect(reason(answerOf(line))).toContain(words);
  });

  it.each([
    "Ship on Friday, 2026-11-27 [#12]",
    "The budget is 12500 euros [#12]",
    "The budget is 12.500 euros and/or less [#12]",
    "See https://example.org/plan?x=1#mail [#15]",
    "Litres are in `src/plans/litres.ts`, e.g. for tests [#15]",
    "Run `npm test -- --watch` [#15]",
    "Order ord_01jabcdef, commit 3f9a0c7, ticket Garden-42 [#18]",
    "@noor and @lena decide; mail lena@example.org [#12, #18]",
  ])("[C5] a line like %j passes: its source has all it names", (line) => {
    expect(reason(answerOf(line))).toBe("");
  });

  it("[C5] a line of a member that rests on nothing is carried over as it is, and only so", () => {
    const text = "Summary:\n## Goals\n- Be kind to 4711 people\n- Grow pumpkins [#3]";
    const change = { previous: { text, seqs: {} } };
    expect(reason(answerOf("Be kind to 4711 people"), change)).toBe("");
    expect(reason(answerOf("Be kind to 4712 people"), change)).toContain("does not say which");
    expect(reason(answerOf("Grow pumpkins"), change)).toContain("does not say which");
  });

  it("[C5] one that is longer than what it replaces, or than its share, is refused", () => {
    const answer = answerOf(...Array.from({ length: 12 }, () => "Ship on Friday, all of it [#12]"));
    const short = source().messages.map((each) => ({ ...each, tokens: 20 }));
    expect(reason(answer, { messages: short })).toMatch(
      /^It is longer than what it replaces: \d+ tokens/,
    );
    expect(reason(answer, { maxTokens: 50 })).toMatch(/^It has \d+ tokens; 50 are allowed\.$/);
    expect(reason(answer)).toBe("");
    const many = answerOf(...Array.from({ length: 41 }, () => "Ship [#12]"));
    expect(reason(many)).toBe("“Goals” has 41 lines; 40 are allowed.");
  });

  it.each([
    ["hashes", section((name) => `## ${name}`, "- Ship [#12]")],
    ["one hash and numbers", section((name) => `# 1. ${name}:`, "- Ship [#12]")],
    ["stars", section((name) => `**${name}**`, "* Ship [#12]")],
    ["stars and a colon", section((name) => `**${name}:**`, "+ Ship [#12]")],
    ["plain words", section((name) => `${name}:`, "• Ship [#12]")],
    ["capitals", section((name) => `### ${name.toUpperCase()}`, "1. Ship [#12]")],
    [
      "a fence and a preamble",
      `Here it is:\n\`\`\`markdown\n${section((name) => `## ${name}`, "- Ship [#12]")}\n\`\`\``,
    ],
    ["a title", `# Summary\n${section((name) => `## ${name}`, "- Ship [#12]")}`],
    [
      "thoughts",
      `<think>\n## Goals\n- no\n</think>\n${section((name) => `## ${name}`, "- Ship [#12]")}`,
    ],
    ["no bullet", section((name) => `## ${name}`, "Ship [#12]")],
    ["carriage returns", section((name) => `## ${name}`, "- Ship [#12]").replaceAll("\n", "\r\n")],
  ])("[C6] headings written with %s are read", (_, answer) => {
    expect(goals(answer)).toEqual([{ text: "Ship", rests: ids(12) }]);
  });

  it.each([
    ["Ship [#12, #15]", "Ship", [12, 15]],
    ["Ship [#12][#15]", "Ship", [12, 15]],
    ["Ship [#12] [#15].", "Ship.", [12, 15]],
    ["Ship. [#12]", "Ship.", [12]],
    ["Ship (#12, #15)", "Ship", [12, 15]],
    ["Ship [12; 15]", "Ship", [12, 15]],
    ["Ship [#12 and #15]", "Ship", [12, 15]],
    ["Ship [#12-#18]", "Ship", [12, 15, 18]],
    ["Ship [messages #12, #15]", "Ship", [12, 15]],
    ["Ship #12", "Ship", [12]],
    ["Ship【#12、#15】", "Ship", [12, 15]],
    ["[ ] Ship [#12]", "Ship", [12]],
    ["Ship as #15 says [#12]", "Ship as #15 says", [12, 15]],
    ["Ship\n  on Friday [#12]", "Ship on Friday", [12]],
    ["Ship issue #42 [#18]", "Ship issue #42", [18]],
  ])("[C6] the citations of %j are read", (line, text, seqs) => {
    expect(goals(answerOf(line))).toEqual([{ text, rests: ids(...seqs) }]);
  });

  it("[C6] reading stays quick, whatever is written", () => {
    const lines = ["a/", "_", "a.", "/a-", "1,", "a_!", "@a-", "a/b.", "a-", "x@", "ab0", "#1, "];
    const evil = [
      ...lines.map((part) => answerOf(`${part.repeat(990 / part.length)} [#12]`)),
      answerOf("[#1,".repeat(20_000)),
      answerOf(`${" #1,".repeat(450)}x`),
      answerOf(`${" ".repeat(50_000)}x`),
      "# ".repeat(50_000),
      "<think>".repeat(20_000),
    ];
    const began = performance.now();
    for (const answer of evil) checkSummary(answer, source());
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
