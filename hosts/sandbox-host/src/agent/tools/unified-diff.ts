// Unified diffs read as models and git write them: which files, which hunks, which lines.

export interface PatchLine {
  readonly kind: " " | "+" | "-";
  readonly text: string;
}

export interface PatchHunk {
  /** First line of the old file that it is about, from 1; undefined where the header names none. */
  readonly start: number | undefined;
  readonly lines: readonly PatchLine[];
  /** The old or the new side ends without a line end. */
  readonly oldOpen: boolean;
  readonly newOpen: boolean;
}

export interface PatchFile {
  /** Undefined: the file is new. */
  readonly from: string | undefined;
  /** Undefined: the file is deleted. */
  readonly to: string | undefined;
  readonly hunks: readonly PatchHunk[];
}

/** What is wrong with a patch, in words. */
export class PatchError extends Error {
  override readonly name = "PatchError";
}

interface Draft {
  from?: string | undefined;
  to?: string | undefined;
  known: boolean;
  hunks: PatchHunk[];
}

/** Throws PatchError where the text is no patch. Lines before the first header are left out, as `patch` does. */
export function parsePatch(text: string): PatchFile[] {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  // The last line end is the end of the last line, not a line of its own.
  if (lines.at(-1) === "") lines.pop();
  const files: Draft[] = [];
  let git: Draft | undefined;
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    if (line.startsWith("diff --git ")) {
      git = { known: false, hunks: [] };
      files.push(git);
      at += 1;
    } else if (isHeader(lines, at)) {
      const draft = git && git.hunks.length === 0 ? git : { known: false, hunks: [] };
      if (draft !== git) files.push(draft);
      names(draft, line, lines[at + 1] ?? "");
      git = undefined;
      at += 2;
    } else if (line.startsWith("@@")) {
      const draft = files.at(-1);
      if (draft === undefined)
        throw new PatchError("A hunk comes before any file. Begin with --- a/path and +++ b/path.");
      const { hunk, next } = readHunk(lines, at);
      draft.hunks.push(hunk);
      at = next;
    } else {
      if (git !== undefined) extended(git, line);
      at += 1;
    }
  }
  const known = files.filter((draft) => draft.known);
  if (known.length === 0)
    throw new PatchError("There is no file in the patch. Begin with --- a/path and +++ b/path.");
  return known.map(({ from, to, hunks }) => ({ from, to, hunks }));
}

const isHeader = (lines: readonly string[], at: number) =>
  (lines[at] ?? "").startsWith("--- ") && (lines[at + 1] ?? "").startsWith("+++ ");

function names(draft: Draft, old: string, next: string): void {
  const from = nameIn(old);
  const to = nameIn(next);
  const prefixed = [from?.startsWith("a/") ?? true, to?.startsWith("b/") ?? true].every(Boolean);
  const bare = (name: string | undefined) => (prefixed ? name?.slice(2) : name);
  draft.from = bare(from);
  draft.to = bare(to);
  draft.known = true;
}

/** What stands after `--- ` or `+++ `, without the time that some tools add. */
function nameIn(line: string): string | undefined {
  const name = (line.slice(4).split("\t")[0] ?? "").trim().replace(/^"(.*)"$/, "$1");
  if (name === "") throw new PatchError(`"${line}" names no file.`);
  return name === "/dev/null" ? undefined : name;
}

/** Git's own lines say what a diff without hunks cannot: a new name. */
function extended(draft: Draft, line: string): void {
  const [, side, name] = /^rename (from|to) (.+)$/.exec(line) ?? [];
  if (side === "from") draft.from = name;
  if (side === "to") draft.to = name;
  if (side === "to") draft.known = true;
  if (/^(?:GIT binary patch|Binary files )/.test(line))
    throw new PatchError("Binary files cannot be patched. Write them with run_command.");
}

function readHunk(
  lines: readonly string[],
  at: number,
): { readonly hunk: PatchHunk; readonly next: number } {
  const [, start, oldCount = "1", newCount = "1"] =
    /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(lines[at] ?? "") ?? [];
  const kept: PatchLine[] = [];
  const open = { old: false, new: false };
  const due = { old: Number(oldCount), new: Number(newCount) };
  let next = at + 1;
  for (; next < lines.length; next += 1) {
    const line = lines[next] ?? "";
    // By its counts a hunk may hold lines that look like a header; without them a header ends it.
    const whole = start === undefined || (due.old <= 0 && due.new <= 0);
    if (whole && (line === "" || isHeader(lines, next))) break;
    if (line.startsWith("\\")) {
      markOpen(open, kept.at(-1));
      continue;
    }
    const read = lineIn(line);
    if (read === undefined) break;
    kept.push(read);
    if (read.kind !== "+") due.old -= 1;
    if (read.kind !== "-") due.new -= 1;
  }
  const hunk = { lines: kept, oldOpen: open.old, newOpen: open.new };
  return { hunk: { ...hunk, start: start === undefined ? undefined : Number(start) }, next };
}

/** Undefined where the line is none of a hunk. */
function lineIn(line: string): PatchLine | undefined {
  // Editors strip the blank of an empty context line.
  const kind = line.charAt(0) || " ";
  return kind === " " || kind === "+" || kind === "-" ? { kind, text: line.slice(1) } : undefined;
}

function markOpen(open: { old: boolean; new: boolean }, last: PatchLine | undefined): void {
  if (last?.kind !== "+") open.old = true;
  if (last?.kind !== "-") open.new = true;
}
