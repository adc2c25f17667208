// A summary while a member writes it anew: a text a section, a line a bullet; lines left as they are keep their sources.
import type { MessageId, SummarySection, SummarySections } from "@acos/protocol";

export type SummaryDraft = Readonly<Record<SummarySection, string>>;

/** The order in which sections are told (SUMMARY_SECTIONS of the protocol). */
export const SECTIONS = [
  "Goals",
  "Decisions",
  "Current state",
  "Artifacts",
  "Open questions",
] as const satisfies readonly SummarySection[];

/** A summary without a word, for whoever writes the first one. */
export const NOTHING: SummarySections = SECTIONS.map((section) => ({ section, bullets: [] }));

export function draftOf(sections: SummarySections): SummaryDraft {
  const textOf = (section: SummarySection): string =>
    (sections.find((each) => each.section === section)?.bullets ?? [])
      .map(({ text }) => lineOf(text))
      .join("\n");
  return Object.fromEntries(
    SECTIONS.map((section) => [section, textOf(section)]),
  ) as unknown as SummaryDraft;
}

/** What is sent. A line that stood in the summary before, in whatever section, keeps the messages it rests on. */
export function sectionsOfDraft(draft: SummaryDraft, before: SummarySections): SummarySections {
  const rests = new Map<string, readonly MessageId[]>();
  for (const { bullets } of before)
    for (const bullet of bullets) rests.set(lineOf(bullet.text), bullet.rests);
  return SECTIONS.map((section) => ({
    section,
    bullets: draft[section]
      .split("\n")
      .map(lineOf)
      .filter((line) => line !== "")
      .map((text) => ({ text, rests: [...(rests.get(text) ?? [])] })),
  }));
}

/** One line: a list's sign at its beginning is what people are used to write, and no part of it. */
function lineOf(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/^[-*•]\s+/, "");
}
