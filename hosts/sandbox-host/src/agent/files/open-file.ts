// Opens what is a file, and nothing else: a pipe or a device would never answer, so the opened thing is looked at, not its name.
import { createHash } from "node:crypto";
import { constants, type BigIntStats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";

import { refusal } from "../answer.ts";

export interface OpenedFile {
  readonly handle: FileHandle;
  readonly size: number;
  readonly mode: number;
  readonly etag: string;
}

const BLOCK_BYTES = 64 * 1024;

/** Opens a file or folder to be read; the caller closes the handle. Throws ProblemError for pipes and devices, and the system's errors. */
export async function openToRead(
  path: string,
): Promise<{ readonly handle: FileHandle; readonly stats: BigIntStats }> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stats = await handle.stat({ bigint: true });
    if (stats.isFile() || stats.isDirectory()) return { handle, stats };
    throw refusal("invalid_request", `${path} is a pipe, a socket or a device, not a file.`);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Opens a file to be read. Throws as openToRead, and for folders. */
export async function openFile(path: string): Promise<OpenedFile> {
  const { handle, stats } = await openToRead(path);
  if (stats.isFile())
    return {
      handle,
      size: Number(stats.size),
      mode: Number(stats.mode) & 0o7777,
      etag: etagOf(stats),
    };
  await handle.close();
  throw refusal("invalid_request", `${path} is a folder, not a file.`);
}

/** Names a file's bytes: it changes with every write, also one that puts the same bytes there. */
export function etagOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  const facts = [dev, ino, size, mtimeNs, ctimeNs].join(".");
  return `"${createHash("sha256").update(facts).digest("hex").slice(0, 20)}"`;
}

/** A whole file, with its etag. Throws ProblemError `too_large` where it has more bytes than `most`. */
export async function readWhole(
  path: string,
  most: number,
): Promise<{ readonly bytes: Buffer; readonly etag: string; readonly mode: number }> {
  const { handle, etag, mode } = await openFile(path);
  try {
    const pieces: Buffer[] = [];
    let size = 0;
    for (;;) {
      // Read to its end, not to the size it said: files of /proc have none, and others grow.
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(BLOCK_BYTES));
      if (bytesRead === 0) return { bytes: Buffer.concat(pieces), etag, mode };
      size += bytesRead;
      if (size > most) throw refusal("too_large", `${path} has more than ${most} bytes.`);
      pieces.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
