// Labels: who says a message and when, on a line that no text and no name can imitate.
import type { Member, MemberId } from "@acos/protocol";

/** What labels are built with: a name must not bring its own. */
const MARKS = /[()[\]{}<>@:#"`]/g;
/** Signs without a width, halves of characters and the like: they hide what a name says. */
const HIDDEN = /[\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu;
/** All that a reader may take for the end of a line. */
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;
const BLANK = /[\s\p{Cc}]+/gu;

/** A text on one line. */
export function oneLine(text: string): string {
  return text.replace(BLANK, " ").trim();
}

/** A name without the marks of labels, in the common forms of its letters; empty where nothing is left of it. */
export function plainName(name: string): string {
  return oneLine(name.normalize("NFKC").replace(HIDDEN, "").replace(MARKS, " "));
}

/** The first line of a message: its seq, time and author. Text is always indented, labels never are. */
export function labelOf(
  author: Member | undefined,
  { by, seq, at }: { by: MemberId; seq: number; at: number },
): string {
  // oxlint-disable-next-line no-restricted-globals -- formats a given time, reads no clock
  const time = new Date(at).toISOString().slice(0, 16).replace("T", " ");
  const kind = author?.type === "agent" ? "agent" : "person";
  const name = plainName(author?.name ?? "") || by;
  return `[#${seq} ${time} UTC] ${name} (@${author?.handle ?? by}, ${kind}):`;
}

/** The seq in a label that `labelOf` made; 0 where it is none. */
export function seqOfLabel(label: string): number {
  return Number(/^\[#(\d+) /.exec(label)?.[1] ?? 0);
}

/** A message under its label, every line of it indented. */
export function labelled(label: string, text: string): string {
  return `${label}\n  ${text.replace(LINE_BREAK, "\n  ")}`;
}
