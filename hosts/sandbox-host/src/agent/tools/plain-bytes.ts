// Reading files without waiting for anybody, for work that is done in one go: what is no file has no bytes.
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** The first bytes of a file; undefined where there is none, or a pipe or a device, or where it may not be read. */
export function firstBytes(path: string, most: number): Buffer | undefined {
  let handle: number;
  try {
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
  try {
    const stats = fstatSync(handle);
    if (!stats.isFile()) return undefined;
    const buffer = Buffer.allocUnsafe(Math.min(most, stats.size || most));
    return buffer.subarray(0, readFully(handle, buffer));
  } catch {
    return undefined; // A disk that fails, or a file of /proc that does not like to be read.
  } finally {
    closeSync(handle);
  }
}

function readFully(handle: number, buffer: Buffer): number {
  let size = 0;
  for (;;) {
    const read = readSync(handle, buffer, size, buffer.length - size, null);
    if (read === 0) return size;
    size += read;
    if (size === buffer.length) return size;
  }
}
