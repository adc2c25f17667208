// Reads and writes sources in the workspace: whole or not at all, never through a symlink.
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";

import { isMissing, parentOf, type Folder, type PathKey } from "./byte-path.ts";
import { SYMLINK } from "./diff.ts";
import { SOURCE_MAX_BYTES, UNFINISHED_PREFIX } from "./sources.ts";

/** A content and its mode in git's words: 100644, 100755, or 120000 with the target as content. */
export interface SourceFile {
  readonly mode: string;
  readonly content: Buffer;
}

/** A source as it is; undefined where there is none, or what is there could not be one. */
export function readSource(workspace: Folder, key: PathKey): SourceFile | undefined {
  const there = workspace.look(key);
  if (there?.isSymbolicLink() === true) {
    return { mode: SYMLINK, content: readlinkSync(workspace.at(key), { encoding: "buffer" }) };
  }
  if (there?.isFile() !== true || there.size > SOURCE_MAX_BYTES) return undefined;
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = openSync(workspace.at(key), flags);
  try {
    return { mode: (there.mode & 0o100) === 0 ? "100644" : "100755", content: readFileSync(file) };
  } finally {
    closeSync(file);
  }
}

/** Puts a source in its place. False where something that is no source is in the way, or nobody may write; then nothing changed. */
export function writeSource(workspace: Folder, key: PathKey, source: SourceFile): boolean {
  return unlessForbidden(() => writeAllowed(workspace, key, source));
}

/** What `work` says; false where the file system forbids it. Other errors are thrown. */
function unlessForbidden(work: () => boolean): boolean {
  try {
    return work();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (["EACCES", "EPERM", "EROFS"].includes(code)) return false;
    throw error;
  }
}

function writeAllowed(workspace: Folder, key: PathKey, source: SourceFile): boolean {
  if (!workspace.makeParents(key)) return false;
  const there = workspace.look(key);
  if (there?.isDirectory() === true && !removeEmpty(workspace, key)) return false;
  const parent = parentOf(key);
  const name = UNFINISHED_PREFIX + randomBytes(8).toString("hex");
  const unfinished = workspace.at(parent === "" ? name : `${parent}/${name}`);
  try {
    if (source.mode === SYMLINK) symlinkSync(source.content, unfinished);
    else {
      const kept = there?.isFile() === true ? there.mode & 0o666 : 0o644;
      writeFileSync(unfinished, source.content, { flag: "wx", mode: 0o600 });
      chmodSync(unfinished, source.mode === "100755" ? kept | ((kept & 0o444) >> 2) | 0o100 : kept);
    }
    renameSync(unfinished, workspace.at(key));
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  return true;
}

/** Takes a source away, and the folders that are empty without it. False where nobody may. */
export function removeSource(workspace: Folder, key: PathKey): boolean {
  return unlessForbidden(() => removeAllowed(workspace, key));
}

function removeAllowed(workspace: Folder, key: PathKey): boolean {
  try {
    unlinkSync(workspace.at(key));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  for (let parent = parentOf(key); parent !== ""; parent = parentOf(parent)) {
    if (!removeEmpty(workspace, parent)) break;
  }
  return true;
}

function removeEmpty(workspace: Folder, key: PathKey): boolean {
  try {
    rmdirSync(workspace.at(key));
    return true;
  } catch {
    // Something is in it, or it is gone: either way there is nothing to take away.
    return workspace.look(key) === undefined;
  }
}
