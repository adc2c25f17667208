// The shadow repository: git's objects and refs in the agent's records, with the workspace as its work tree. Whatever an
// earlier agent left half done is swept when it is opened.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Dirent,
} from "node:fs";
import { join } from "node:path";

import { problem, ProblemError, type CheckpointId } from "@acos/protocol";

import type { AgentPlace } from "../route.ts";
import { Folder } from "./byte-path.ts";
import { git, type GitCall, type GitSaid } from "./git.ts";
import { queueOf, type Queue } from "./one-at-a-time.ts";

const CONFIG =
  "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tlogAllRefUpdates = false\n";
/** Wins over every .gitattributes of the workspace: bytes are kept as they are and no filter is run. */
const ATTRIBUTES =
  "* -text -filter -ident !eol !crlf !working-tree-encoding !diff !textconv !merge\n";

/** Where every checkpoint's ref is. */
export const CHECKPOINT_REFS = "refs/checkpoints";
/** The last one that was kept. */
export const NEWEST_REF = "refs/newest";

const opened = new Set<string>();

/** Folder of the shadow repository. */
export function repositoryFolder(place: AgentPlace): string {
  return join(place.state, "checkpoints");
}

/** Line in which everything that touches the shadow repository waits. */
export function repositoryQueue(place: AgentPlace): Queue {
  return queueOf(repositoryFolder(place));
}

export class ShadowRepository {
  readonly gitDir: string;
  readonly workspace: Folder;

  private constructor(gitDir: string, workspace: Folder) {
    this.gitDir = gitDir;
    this.workspace = workspace;
  }

  /** Opens it, and makes it where there is none. To be used within its queue only. */
  static open(place: AgentPlace): ShadowRepository {
    const gitDir = repositoryFolder(place);
    if (!opened.has(gitDir) || !existsSync(join(gitDir, "HEAD"))) {
      sweep(gitDir);
      opened.add(gitDir);
    }
    setUp(gitDir);
    return new ShadowRepository(gitDir, new Folder(place.workspace));
  }

  git(args: readonly string[], more: Partial<GitCall> = {}): Promise<GitSaid> {
    return git({ gitDir: this.gitDir, workTree: this.workspace.path, ...more }, ...args);
  }

  /** What git says, as text without its last line break. */
  async ask(...args: string[]): Promise<string> {
    return (await this.git(args)).out.toString("utf8").trimEnd();
  }

  /** The commit of a checkpoint. Throws ProblemError `not_found` where it is not kept. */
  async commitOf(checkpoint: CheckpointId): Promise<string> {
    const ref = `${CHECKPOINT_REFS}/${checkpoint}`;
    const commit = await this.ask("for-each-ref", "--format=%(objectname)", ref);
    if (commit !== "") return commit;
    const words = `There is no checkpoint ${checkpoint} in this sandbox: it is too old, or was made in another workspace.`;
    throw new ProblemError(problem("not_found", words));
  }
}

function setUp(gitDir: string): void {
  for (const folder of ["objects", "refs", "info"]) {
    mkdirSync(join(gitDir, folder), { recursive: true, mode: 0o700 });
  }
  // Written each time: what somebody in the sandbox put there does not count.
  rmSync(join(gitDir, "objects/info/alternates"), { force: true });
  write(join(gitDir, "config"), CONFIG);
  write(join(gitDir, "info/attributes"), ATTRIBUTES);
  write(join(gitDir, "info/exclude"), "");
  if (!existsSync(join(gitDir, "HEAD"))) write(join(gitDir, "HEAD"), "ref: refs/heads/none\n");
}

function write(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** Removes locks and unfinished files: whoever made them is dead, since this is the only agent. */
function sweep(gitDir: string): void {
  for (const folder of ["", "refs", "objects/pack"]) {
    for (const entry of entriesOf(join(gitDir, folder), folder === "refs")) {
      if (!/[.](?:lock|new)$|^index[.]work|^tmp_/.test(entry.name)) continue;
      rmSync(join(entry.parentPath, entry.name), { recursive: true, force: true });
    }
  }
  for (const entry of entriesOf(join(gitDir, "objects"), false)) {
    if (!entry.name.startsWith("tmp_")) continue;
    rmSync(join(entry.parentPath, entry.name), { recursive: true, force: true });
  }
}

function entriesOf(folder: string, recursive: boolean): Dirent[] {
  return existsSync(folder) ? readdirSync(folder, { recursive, withFileTypes: true }) : [];
}
