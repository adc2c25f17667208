// Files out of a sandbox. What a sandbox says of names is not believed: nothing is written but below the chosen place.
import { chmodSync, createWriteStream, lstatSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { RefusedStart } from "../usage-error.ts";
import { plainLine } from "./plain-text.ts";
import type { CopyReport } from "./copy-report.ts";
import { below, lookAt } from "./sandbox-files.ts";
import type { SandboxPlace } from "./sandbox-request.ts";

/** Folders in folders; deeper ones are a loop, or meant to be one. */
const DEPTH_MAX = 64;
/** Of a mode, what a copy may have: who may read, write and run it, and never as whom it runs. */
const MODE_BITS = 0o777;

export interface CopyOut {
  readonly place: SandboxPlace;
  readonly signal: AbortSignal;
  readonly report: CopyReport;
}

/** Writes an answer's bytes to a file, which is there whole or not at all. A link at its place is replaced, never followed. */
export async function saveFile(
  response: Response,
  target: string,
  { signal, report, mode }: Omit<CopyOut, "place"> & { readonly mode?: number | undefined },
): Promise<void> {
  const part = `${target}.acos-part`;
  rmSync(part, { force: true });
  let bytes = 0;
  try {
    const from = response.body ? Readable.fromWeb(response.body as never) : Readable.from([]);
    from.on("data", (piece: Uint8Array) => void (bytes += piece.length));
    // "wx": somebody's link that is put there meanwhile is not written through.
    await pipeline(from, createWriteStream(part, { flags: "wx" }), { signal });
    if (mode !== undefined) chmodSync(part, mode & MODE_BITS);
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    if (signal.aborted) throw new RefusedStart("Stopped; what was copied so far stays.");
    const why = error instanceof Error ? error.message : String(error);
    throw new RefusedStart(`${target} was not copied (${why}).`);
  }
  report.copied(bytes);
}

/** Copies what a folder holds into one that is there. What is no file or folder is left out, and said. */
export async function saveFolder(
  copy: CopyOut,
  { from, to, depth = 0 }: { readonly from: string; readonly to: string; readonly depth?: number },
): Promise<void> {
  const found = await lookAt(copy.place, from);
  if (found?.type !== "folder") return copy.report.leftOut(from, "it is no folder any more");
  if (depth > DEPTH_MAX) return copy.report.leftOut(from, "it lies too deep");
  if (found.list.more) copy.report.leftOut(from, "it holds more than can be listed");
  for (const { name, type, mode } of found.list.entries) {
    const path = below(from, name);
    const target = join(to, name);
    if (!isPlainName(name)) throw strange(name);
    if (copy.signal.aborted) throw new RefusedStart("Stopped; what was copied so far stays.");
    if (type === "directory") {
      makeFolder(target);
      await saveFolder(copy, { from: path, to: target, depth: depth + 1 });
    } else if (type === "file") {
      const file = await lookAt(copy.place, path);
      if (file?.type === "file") await saveFile(file.response, target, { ...copy, mode });
      else copy.report.leftOut(path, "it is no file any more");
    } else copy.report.leftOut(path, type === "symlink" ? "it is a link" : "it is no file");
  }
}

/** Makes a folder, or takes the one that is there. Throws RefusedStart where a link or a file is in its place. */
export function makeFolder(path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) mkdirSync(path);
  else if (!there.isDirectory())
    throw new RefusedStart(
      `${path} is there already and no folder. Nothing is written through it.`,
    );
}

/** A name that leads nowhere but to itself. */
export function isPlainName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name);
}

function strange(name: string): RefusedStart {
  return new RefusedStart(
    `The sandbox names a file "${plainLine(name)}", which would lead out of the folder. Nothing more is copied.`,
  );
}
