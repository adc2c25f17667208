// `acos cp`: files and folders between a sandbox and this machine.
import { statSync } from "node:fs";
import { basename, join, resolve } from "node:path";

import { RefusedStart, UsageError } from "../usage-error.ts";
import { parseArguments } from "./arguments.ts";
import { putFile, putFolder } from "./copy-in.ts";
import { isPlainName, makeFolder, saveFile, saveFolder } from "./copy-out.ts";
import { CopyReport } from "./copy-report.ts";
import { findGroup } from "./find-group.ts";
import { findSandbox, SANDBOX_OPTIONS } from "./find-sandbox.ts";
import { below, isFolder, lookAt, modeOf } from "./sandbox-files.ts";
import type { SandboxPlace } from "./sandbox-request.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "cp",
  usage: "acos cp GROUP:PATH FILE, or acos cp FILE GROUP:PATH [--sandbox NAME] [--create]",
  options: SANDBOX_OPTIONS,
  words: [2, 2],
} as const;

interface Far {
  readonly group: string;
  readonly path: string;
}

interface Copying {
  readonly place: SandboxPlace;
  readonly signal: AbortSignal;
  readonly report: CopyReport;
}

/**
 * Copies a file, or a folder with all that it holds. As with cp, a folder that is there gets what is copied put into it.
 * Answers 1 where something was left out.
 */
export async function cp(args: readonly string[], terminal: Terminal): Promise<number> {
  const given = parseArguments(args, SHAPE);
  const [from = "", to = ""] = given.words;
  const [farFrom, farTo] = [farOf(from), farOf(to)];
  const far = farFrom ?? farTo;
  if (far === undefined || (farFrom && farTo))
    throw new UsageError(
      `One of the two must be GROUP:PATH, and one of this machine. Usage: ${SHAPE.usage}`,
    );
  const { api, options } = openSession(terminal);
  const group = await findGroup(api, far.group);
  const ask = { group, named: given.text("sandbox"), create: given.on("create") };
  const { sandbox } = await findSandbox(api, ask, terminal);
  const stop = new AbortController();
  void terminal.interrupted.then(() => stop.abort());
  const report = new CopyReport(terminal, () => performance.now());
  const copying = { place: { options, group, sandbox }, signal: stop.signal, report };
  try {
    await (farFrom ? copyOut(copying, farFrom.path, to) : copyIn(copying, from, far.path));
  } catch (error) {
    throw inWords(error);
  } finally {
    report.end();
  }
  return report.isWhole ? 0 : 1;
}

/** What this machine's file system refuses is told as it says it, without a stack. */
function inWords(error: unknown): unknown {
  const isRefusal = error instanceof Error && "syscall" in error;
  return isRefusal ? new RefusedStart(`That did not go: ${error.message}.`) : error;
}

/** `GROUP:PATH`; a path of this machine with a colon in it is written with a "/" before that. */
function farOf(text: string): Far | undefined {
  const [, group, path = ""] = /^([^:/]+):(.*)$/s.exec(text) ?? [];
  return group === undefined || group === "." ? undefined : { group, path };
}

async function copyOut(copying: Copying, from: string, to: string): Promise<void> {
  const found = await lookAt(copying.place, from);
  if (found === undefined) throw new RefusedStart(`There is no ${from} in the sandbox.`);
  const name = from.split("/").findLast((part) => part !== "") ?? "";
  const isInto = statSync(to, { throwIfNoEntry: false })?.isDirectory() === true;
  const target = isInto && isPlainName(name) ? join(to, name) : resolve(to);
  if (found.type === "file") {
    const mode = await modeOf(copying.place, from);
    return saveFile(found.response, target, { ...copying, mode });
  }
  // A folder that the user named themselves may be a link; those that the sandbox names may not.
  if (!isInto || target !== resolve(to)) makeFolder(target);
  await saveFolder(copying, { from, to: target });
}

async function copyIn(copying: Copying, from: string, to: string): Promise<void> {
  const local = statSync(from, { throwIfNoEntry: false });
  if (local === undefined) throw new UsageError(`There is no ${from} on this machine.`);
  const isInto = /(^|\/)\.?$/.test(to) || (await isFolder(copying.place, to));
  const target = isInto ? below(to, basename(resolve(from))) : to;
  if (local.isDirectory()) return putFolder(copying, { from, to: target });
  if (!local.isFile()) throw new UsageError(`${from} is neither a file nor a folder.`);
  await putFile(copying, { from, to: target });
}
