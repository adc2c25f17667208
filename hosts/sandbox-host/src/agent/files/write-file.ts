// Writing whole files: beside the target, then renamed, so that nobody ever reads half of one.
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { link, lstat, mkdir, open, realpath, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { refusal } from "../answer.ts";
import { etagOf } from "./open-file.ts";

export interface WriteOptions {
  /** Write only where the file has this etag, or with `*` where there is a file. */
  readonly ifMatch?: string | undefined;
  /** Write only where there is nothing. */
  readonly ifNew?: boolean;
  /** Left out: that of the file that is replaced, or 0644. */
  readonly mode?: number | undefined;
}

const NEW_MODE = 0o644;
/** The file system's limit of a name is 255 bytes; the name beside must fit too. */
const NAME_KEPT_CHARS = 60;

const queues = new Map<string, Promise<unknown>>();

/** Runs one after the other what reads and writes one file; other files go on meanwhile. */
export async function inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = queues.get(path) ?? Promise.resolve();
  const mine = before.then(work, work);
  const settled = mine.catch(() => undefined);
  queues.set(path, settled);
  try {
    return await mine;
  } finally {
    if (queues.get(path) === settled) queues.delete(path);
  }
}

/**
 * Writes a file and makes the folders above it; answers its etag. A link is followed, so that it stays one. Throws
 * ProblemError `conflict` where a condition does not hold, and the system's errors; then the target is as it was.
 */
export async function writeWhole(
  path: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const target = await targetOf(path);
  const draft = join(
    dirname(target),
    `.${basename(target).slice(0, NAME_KEPT_CHARS)}.${randomBytes(6).toString("hex")}.acos`,
  );
  try {
    const mode = options.mode ?? (await modeOf(target)) ?? NEW_MODE;
    await writeDraft(draft, content, mode);
    return await inTurn(target, () => putInPlace(draft, target, options));
  } finally {
    await unlink(draft).catch(() => undefined); // Renamed already, or never made.
  }
}

/** Where a path leads: through links to what is there, or to what a last link names and is not there yet. */
async function targetOf(path: string): Promise<string> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isSymbolicLink()) return path;
  return await realpath(path).catch(() => path);
}

async function modeOf(target: string): Promise<number | undefined> {
  const found = await lstat(target).catch(() => undefined);
  return found?.isFile() ? found.mode & 0o777 : undefined;
}

async function writeDraft(
  draft: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  mode: number,
): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const handle = await open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    for await (const piece of content) await writePiece(handle, piece);
    await handle.chmod(mode);
  } finally {
    await handle.close();
  }
}

async function writePiece(
  handle: Awaited<ReturnType<typeof open>>,
  piece: Uint8Array,
): Promise<void> {
  for (let at = 0; at < piece.length;) {
    const { bytesWritten } = await handle.write(piece, at, piece.length - at);
    at += bytesWritten;
  }
}

async function putInPlace(draft: string, target: string, options: WriteOptions): Promise<string> {
  await checkTarget(target, options);
  if (options.ifNew === true) {
    await link(draft, target);
    // Before the etag is taken: losing its other name changes the file's times.
    await unlink(draft);
  } else await rename(draft, target);
  return etagOf(await stat(target, { bigint: true }));
}

async function checkTarget(target: string, { ifMatch, ifNew }: WriteOptions): Promise<void> {
  const found = await lstat(target, { bigint: true }).catch(() => undefined);
  if (found && !found.isFile() && !found.isSymbolicLink())
    throw refusal("conflict", `${target} is there and is not a file.`);
  if (ifNew === true && found) throw refusal("conflict", `${target} is there already.`);
  if (ifMatch === undefined) return;
  if (!found) throw refusal("conflict", `${target} is not there any more.`);
  if (ifMatch !== "*" && ifMatch !== etagOf(found))
    throw refusal("conflict", `${target} has changed since it was read. Read it again.`);
}
