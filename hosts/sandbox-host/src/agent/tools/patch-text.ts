// Hunks put to a text: every context line and every removed line must be there, exactly.
import { PatchError, type PatchHunk } from "./unified-diff.ts";

/** Texts with both kinds keep, line by line, what they have. */
type LineEnd = "\n" | "\r\n";

interface TextLine {
  readonly text: string;
  readonly end: LineEnd;
}

/** The text after all hunks. Throws PatchError, with what the file has there, for a hunk that does not fit. */
export function patchText(text: string, hunks: readonly PatchHunk[], name: string): string {
  const lines = linesOf(text);
  let open = text !== "" && !text.endsWith("\n");
  let shift = 0;
  let done = 0;
  hunks.forEach((hunk, index) => {
    const old = hunk.lines.filter(({ kind }) => kind !== "+").map((line) => line.text);
    const at = findPlace(lines, { hunk, old, shift, from: done, name, index });
    const touchesEnd = at + old.length === lines.length;
    const next = linesAfter(hunk, lines, at);
    lines.splice(at, old.length, ...next);
    if (hunk.newOpen && touchesEnd) open = true;
    else if (touchesEnd && (hunk.oldOpen || next.length > 0)) open = hunk.newOpen;
    shift += next.length - old.length;
    done = at + next.length;
  });
  const last = lines.length - 1;
  return lines.map((line, at) => line.text + (open && at === last ? "" : line.end)).join("");
}

/** A last line without an end has that of the line before, should another one follow it. */
function linesOf(text: string): TextLine[] {
  const lines: TextLine[] = [];
  for (const part of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    if (part.endsWith("\r\n")) lines.push({ text: part.slice(0, -2), end: "\r\n" });
    else if (part.endsWith("\n")) lines.push({ text: part.slice(0, -1), end: "\n" });
    else lines.push({ text: part, end: lines.at(-1)?.end ?? "\n" });
  }
  return lines;
}

/** The hunk's new side. A new line ends like the one it replaces, or else like its neighbour. */
function linesAfter({ lines: wanted }: PatchHunk, lines: readonly TextLine[], from: number) {
  const next: TextLine[] = [];
  const removed: LineEnd[] = [];
  let at = from;
  for (const { kind, text } of wanted) {
    const neighbour = lines[at - 1] ?? lines[at];
    if (kind === "+") {
      next.push({ text, end: removed.shift() ?? neighbour?.end ?? "\n" });
      continue;
    }
    const line = lines[at] ?? { text, end: "\n" };
    if (kind === "-") removed.push(line.end);
    else {
      removed.length = 0;
      next.push(line);
    }
    at += 1;
  }
  return next;
}

interface Wanted {
  readonly hunk: PatchHunk;
  readonly old: readonly string[];
  /** Lines by which earlier hunks have moved what follows. */
  readonly shift: number;
  /** Hunks stand in order: none begins before the end of the one before. */
  readonly from: number;
  readonly name: string;
  readonly index: number;
}

/** Where the header says, or else the one other place where all lines fit: models count badly. */
function findPlace(lines: readonly TextLine[], wanted: Wanted): number {
  const { hunk, old, shift, from } = wanted;
  // A hunk without old lines stands after its line, any other at it.
  const stated = (hunk.start ?? 1) - (old.length === 0 ? 0 : 1) + shift;
  if (old.length === 0) return Math.min(Math.max(stated, from), lines.length);
  if (stated >= from && fits(lines, old, stated)) return stated;
  const places: number[] = [];
  for (let at = from; at + old.length <= lines.length; at += 1)
    if (fits(lines, old, at)) places.push(at);
  const [only] = places;
  if (only !== undefined && places.length === 1) return only;
  throw new PatchError(misfit(lines, wanted, stated, places));
}

const fits = (lines: readonly TextLine[], old: readonly string[], at: number) =>
  old.every((line, index) => lines[at + index]?.text === line);

function misfit(
  lines: readonly TextLine[],
  { old, name, index }: Wanted,
  stated: number,
  places: readonly number[],
): string {
  const which = `Hunk ${index + 1} of ${name}`;
  if (places.length > 1)
    return `${which} fits at lines ${places
      .map((at) => at + 1)
      .slice(0, 10)
      .join(", ")}: give more context, or the right line in its header.`;
  const first = old.findIndex((line, offset) => lines[stated + offset]?.text !== line);
  const has = lines[stated + first]?.text;
  const there =
    has === undefined ? "the file has no such line" : `the file has ${JSON.stringify(has)}`;
  return `${which} does not fit. At line ${stated + first + 1} it expects ${JSON.stringify(old[first] ?? "")}, and ${there}. Read the file again and make the patch from what is there.`;
}
