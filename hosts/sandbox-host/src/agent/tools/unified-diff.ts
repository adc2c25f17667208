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
  /** Git's line above it. */
  readonly git?: string;
  from?: string | undefined;
  to?: string | undefined;
  known: boolean;
  hunks: PatchHunk[];
}

/** What may stand at a place that is in no hunk: no words, none that could be a hunk's line, or any. */
type Words = "none" | "apart" | "any";

/** Tools and models end a hunk by these. */
const ENDS = /^(?:$|diff |Index: |Only in |```|\*\*\* )/;
/** Here git begins another commit or mail, with words of any kind. */
const COMMIT = /^(?:commit [0-9a-f]{40}\b|From [0-9a-f]{40} )/;
const BINARY = /^(?:GIT binary patch$|Binary files .+ differ$)/;

/**
 * Throws PatchError where the text is no patch, and where a line might be a hunk's and belongs to none. Words before
 * the first header and between files are left out, as `patch` does.
 */
export function parsePatch(text: string): PatchFile[] {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  // The last line end is the end of the last line, not a line of its own.
  if (lines.at(-1) === "") lines.pop();
  const files: Draft[] = [];
  let git: Draft | undefined;
  let words: Words = "any";
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    if (line.startsWith("diff --git ")) {
      git = { git: line, known: false, hunks: [] };
      files.push(git);
      words = "any";
      at += 1;
    } else if (isHeader(lines, at)) {
      const sides = names(line, lines[at + 1] ?? "");
      if (git !== undefined && isAbout(git, sides)) Object.assign(git, sides, { known: true });
      else files.push({ ...sides, known: true, hunks: [] });
      git = undefined;
      words = "none";
      at += 2;
    } else if (line.startsWith("@@")) {
      const draft = files.at(-1);
      if (!draft?.known)
        throw new PatchError("A hunk comes before any file. Begin with --- a/path and +++ b/path.");
      const { hunk, next } = readHunk(lines, at);
      draft.hunks.push(hunk);
      words = "none";
      at = next;
    } else {
      if (BINARY.test(line))
        throw new PatchError("Binary files cannot be patched. Write them with run_command.");
      if (git !== undefined) extended(git, line);
      words = wordsAfter(words, lines, at);
      at += 1;
    }
  }
  if (files.length === 0)
    throw new PatchError("There is no file in the patch. Begin with --- a/path and +++ b/path.");
  return files.map(fileOf);
}

function fileOf({ git, known, from, to, hunks }: Draft): PatchFile {
  if (known) return { from, to, hunks };
  throw new PatchError(
    `Below ${JSON.stringify(git)} stands nothing that can be done. Give it --- a/path, +++ b/path and hunks; change modes by run_command and chmod.`,
  );
}

/** What may stand below a line that is in no hunk. Throws PatchError where the line itself may not stand there. */
function wordsAfter(before: Words, lines: readonly string[], at: number): Words {
  const line = lines[at] ?? "";
  if (before === "any" || COMMIT.test(line) || isSignature(lines, at)) return "any";
  if (ENDS.test(line) || (before === "apart" && !/^[-+ \\]/.test(line))) return "apart";
  throw new PatchError(
    `Line ${at + 1} of the patch belongs to no hunk: ${JSON.stringify(line.slice(0, 200))}. Begin a hunk with @@ and each line of it with a blank, + or -, and let its header count them all, or leave the numbers out (@@).`,
  );
}

const isHeader = (lines: readonly string[], at: number) =>
  (lines[at] ?? "").startsWith("--- ") && (lines[at + 1] ?? "").startsWith("+++ ");

/** How git ends a mail: its version below `-- `, which reads like a removed line. */
const isSignature = (lines: readonly string[], at: number) =>
  lines[at] === "-- " && /^\d+\.\d/.test(lines[at + 1] ?? "");

/** Whether a header belongs to git's lines above it, or begins a file of its own. */
const isAbout = (git: Draft, { from, to }: Pick<PatchFile, "from" | "to">) =>
  git.hunks.length === 0 && (!git.known || (git.from === from && git.to === to));

function names(old: string, next: string): Pick<PatchFile, "from" | "to"> {
  const from = nameIn(old);
  const to = nameIn(next);
  const prefixed = [from?.startsWith("a/") ?? true, to?.startsWith("b/") ?? true].every(Boolean);
  const bare = (name: string | undefined) => (prefixed ? name?.slice(2) : name);
  return { from: bare(from), to: bare(to) };
}

/** What stands after `--- ` or `+++ `, without the time that some tools add. */
function nameIn(line: string): string | undefined {
  const name = (line.slice(4).split("\t")[0] ?? "").trim().replace(/^"(.*)"$/, "$1");
  if (name === "") throw new PatchError(`"${line}" names no file.`);
  return name === "/dev/null" ? undefined : name;
}

/** Git's own lines say what a diff without hunks cannot: a new name, an empty file. */
function extended(draft: Draft, line: string): void {
  const [, verb, name] = /^(rename from|rename to|copy from) (.+)$/.exec(line) ?? [];
  if (verb === "copy from")
    throw new PatchError(`A patch cannot copy ${name}. Copy it with run_command, then patch it.`);
  if (verb === "rename from") draft.from = name;
  if (verb === "rename to") draft.to = name;
  const [, fate] = /^(new|deleted) file mode /.exec(line) ?? [];
  const same = fate && nameInGit(draft);
  if (fate === "new") draft.to = same;
  if (fate === "deleted") draft.from = same;
  if (verb === "rename to" || same !== undefined) draft.known = true;
}

/** The name in git's line, where both sides have the same. Undefined where it is quoted: a header has to follow. */
function nameInGit({ git = "" }: Draft): string | undefined {
  const both = git.slice("diff --git ".length);
  const middle = (both.length - 1) / 2;
  const [one, other] = [both.slice(0, middle), both.slice(middle + 1)];
  if (both[middle] !== " " || both.includes('"')) return undefined;
  if (one === other) return one;
  const bare = one.slice(2);
  return one === `a/${bare}` && other === `b/${bare}` ? bare : undefined;
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
    const counted = start !== undefined;
    if (!counted && endsUncounted(lines, next)) break;
    if (counted && due.old <= 0 && due.new <= 0 && endsCounted(lines, next)) break;
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

/** Whether a hunk that has all its lines ends before this one: more than it counts may follow. */
const endsCounted = (lines: readonly string[], at: number) =>
  lines[at] === "" || isHeader(lines, at) || isSignature(lines, at);

/** Whether a hunk without counts ends before this line: at empty ones, where no line of a hunk stands below. */
function endsUncounted(lines: readonly string[], at: number): boolean {
  // Of several empty lines the first one has been answered for.
  if (lines[at] === "" && lines[at - 1] === "") return false;
  let below = at;
  while (lines[below] === "") below += 1;
  return isHeader(lines, below) || (below > at && !/^[-+ ]/.test(lines[below] ?? ""));
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
