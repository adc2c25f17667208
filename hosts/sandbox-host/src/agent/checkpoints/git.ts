// Runs the sandbox's git on the shadow repository so that nothing a workspace holds can make it run, page, convert or ask.
import { spawn } from "node:child_process";

import { problem, ProblemError } from "@acos/protocol";

export interface GitCall {
  readonly gitDir: string;
  readonly workTree: string;
  /** Left out: the repository's own. */
  readonly index?: string;
  readonly input?: string | Buffer;
  /** Stops reading, and ends git, when it has said so much. */
  readonly maxBytes?: number;
}

export interface GitSaid {
  readonly out: Buffer;
  /** It would have said more than `maxBytes`. */
  readonly cut: boolean;
}

/** Each of these can make git run a program, ask somebody, or keep other bytes than the file's. */
const SETTINGS = [
  "core.fsmonitor=false",
  "core.hooksPath=/dev/null",
  "core.pager=cat",
  "core.attributesFile=/dev/null",
  "core.excludesFile=/dev/null",
  "core.quotePath=false",
  "core.autocrlf=false",
  "core.symlinks=true",
  "core.fileMode=true",
  "core.ignoreCase=false",
  "core.precomposeUnicode=false",
  "core.protectHFS=false",
  "core.protectNTFS=false",
  "core.untrackedCache=false",
  "core.compression=1",
  "core.fsyncMethod=batch",
  "diff.renames=false",
  "diff.suppressBlankEmpty=false",
  "gc.auto=0",
].flatMap((setting) => ["-c", setting]);

const NO_GIT = "This sandbox has no git, which keeps checkpoints: install git in it and ask again.";

function gitEnvironment(call: GitCall): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: "/nonexistent",
    LC_ALL: "C",
    GIT_DIR: call.gitDir,
    GIT_WORK_TREE: call.workTree,
    GIT_INDEX_FILE: call.index ?? `${call.gitDir}/index`,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "acos",
    GIT_AUTHOR_EMAIL: "acos@localhost",
    GIT_COMMITTER_NAME: "acos",
    GIT_COMMITTER_EMAIL: "acos@localhost",
  };
}

/** Starts git with standard streams piped. The caller waits for its end. */
export function startGit(call: GitCall, args: readonly string[]) {
  return spawn("git", [...SETTINGS, ...args], {
    cwd: call.workTree,
    env: gitEnvironment(call),
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** Runs git to its end. Throws ProblemError `unavailable` where there is none, and GitFailed where it exits with another code than 0. */
export async function git(call: GitCall, ...args: string[]): Promise<GitSaid> {
  const child = startGit(call, args);
  const out: Buffer[] = [];
  let bytes = 0;
  let cut = false;
  let errors = "";
  child.stdout.on("data", (part: Buffer) => {
    if (cut) return;
    bytes += part.length;
    out.push(part);
    if (call.maxBytes === undefined || bytes <= call.maxBytes) return;
    cut = true;
    child.kill("SIGKILL");
  });
  child.stderr.on("data", (part: Buffer) => (errors = (errors + part.toString()).slice(-4_000)));
  // It may end before it has read everything; its exit code says whether that was well.
  child.stdin.on("error", () => undefined);
  child.stdin.end(call.input ?? "");
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) => reject(notStarted(error)));
    child.on("close", resolve);
  });
  if (code !== 0 && !cut) throw new GitFailed(args[0] ?? "", errors.trim());
  return { out: Buffer.concat(out), cut };
}

/** Why git could not be started, as an error to throw. */
export function notStarted(error: NodeJS.ErrnoException): Error {
  return error.code === "ENOENT" ? new ProblemError(problem("unavailable", NO_GIT)) : error;
}

/** Git said no. Its words are for the log. */
export class GitFailed extends Error {
  override readonly name = "GitFailed";
  constructor(verb: string, words: string) {
    super(`git ${verb} failed: ${words}`);
  }
}
