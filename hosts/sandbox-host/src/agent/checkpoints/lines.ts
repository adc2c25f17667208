// Takes stretches of lines back from a file that may have changed since: git says where, and what touches a stretch refuses it.
import { diffBlobs, type Stretch } from "./diff.ts";
import type { SourceHunk } from "./hunks.ts";
import type { ShadowRepository } from "./repository.ts";

export type LineHunk = Extract<SourceHunk, { kind: "lines" }>;

/** Lines `from` up to, not including, `to`, counted from 0, and what they are to become. */
interface Replacement {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly expected: readonly string[];
  readonly lines: readonly string[];
}

/** The content without the hunks, and the ids of those that could not be taken back. `content` is the same object where none was. */
export async function takeBackLines(
  repository: ShadowRepository,
  presentBlob: string,
  file: { readonly content: Buffer; readonly hunks: readonly LineHunk[] },
): Promise<{ content: Buffer; refused: string[] }> {
  const since = await laterStretches(repository, presentBlob, file.hunks);
  const lines = file.content.toString("latin1").split(/(?<=\n)/);
  const refused: string[] = [];
  const fitting: Replacement[] = [];
  for (const hunk of file.hunks) {
    const placed = since === null ? undefined : place(replacementOf(hunk), since);
    if (placed !== undefined && isThere(lines, placed)) fitting.push(placed);
    else refused.push(hunk.id);
  }
  if (fitting.length === 0) return { content: file.content, refused };
  for (const one of fitting.sort((a, b) => b.from - a.from)) {
    lines.splice(one.from, one.to - one.from, ...one.lines);
  }
  return { content: Buffer.from(lines.join(""), "latin1"), refused };
}

async function laterStretches(
  repository: ShadowRepository,
  presentBlob: string,
  hunks: readonly LineHunk[],
): Promise<readonly Stretch[] | null> {
  const then = hunks[0]?.file.newBlob ?? presentBlob;
  return then === presentBlob ? [] : diffBlobs(repository, then, presentBlob);
}

/** The hunk without the context around it, in the numbers of the file at the end of its span. */
function replacementOf(hunk: LineHunk): Replacement {
  const { newStart, newCount, lines } = hunk.stretch;
  const entries: { mark: string; text: string }[] = [];
  for (const line of lines) {
    const last = entries.at(-1);
    if (!line.startsWith("\\")) entries.push({ mark: line.charAt(0), text: `${line.slice(1)}\n` });
    else if (last !== undefined) last.text = last.text.slice(0, -1);
  }
  const isContext = ({ mark }: { mark: string }) => mark !== "+" && mark !== "-";
  const first = entries.findIndex((entry) => !isContext(entry));
  const core = entries.slice(first, entries.findLastIndex((entry) => !isContext(entry)) + 1);
  const side = (not: string) => core.filter(({ mark }) => mark !== not).map(({ text }) => text);
  const expected = side("-");
  // A side without lines is named by the line before it.
  const from = (newCount === 0 ? newStart : newStart - 1) + first;
  return { id: hunk.id, from, to: from + expected.length, expected, lines: side("+") };
}

/** Moves a replacement to where its lines are now; undefined where a later change touches them. */
function place(one: Replacement, since: readonly Stretch[]): Replacement | undefined {
  let shift = 0;
  for (const { oldStart, oldCount, newCount } of since) {
    const from = oldCount === 0 ? oldStart : oldStart - 1;
    const to = from + oldCount;
    if (from <= one.to && to >= one.from) return undefined;
    if (to < one.from) shift += newCount - oldCount;
  }
  return { ...one, from: one.from + shift, to: one.to + shift };
}

function isThere(lines: readonly string[], one: Replacement): boolean {
  return one.expected.every((line, at) => lines[one.from + at] === line);
}
