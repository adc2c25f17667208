// read_file: numbered lines of a file, with the etag that an edit may name.
import { dirname } from "node:path";

import { openFile } from "../files/open-file.ts";
import { resolvePath, shownPath } from "../files/paths.ts";
import { plural } from "./clip.ts";
import type { ToolWork } from "./tool.ts";

/** Characters of a file in one result. */
const PAGE_MAX_CHARS = 40_000;
/** One line, which may be a whole minified program. */
const LINE_MAX_CHARS = 2_000;
const BLOCK_BYTES = 256 * 1024;
/** How far a file is read for one page: counting lines to the end of a huge one would take long. */
const READ_MAX_BYTES = 64 * 1024 * 1024;

export const readFile: ToolWork<"read_file"> = async (given, { environment, told, run }) => {
  const { place } = environment;
  const path = resolvePath(place, given.path);
  const { handle, etag, size } = await openFile(path);
  try {
    const shown = shownPath(place, path);
    const page = await readPage(handle, given);
    const description = await told.lineFor(place, run, dirname(path));
    if (page.binary)
      return {
        text: `${shown} is binary (${size} bytes, etag ${etag}). Look at it with run_command, such as file or xxd.${description}`,
      };
    const head = `${shown}, ${plural(size, "byte")}, etag ${etag}`;
    return {
      text: `${head}\n${page.lines.join("\n")}\n[${endWords(given.from, page)}]${description}`,
    };
  } finally {
    await handle.close();
  }
};

interface Page {
  readonly lines: string[];
  readonly binary: boolean;
  /** Number of the line after the page; undefined at the end of the file. */
  readonly next: number | undefined;
  /** Lines of the file, where its end was reached. */
  readonly total: number | undefined;
}

function endWords(from: number, { lines, next, total }: Page): string {
  if (next !== undefined) return `There is more: read_file from=${next}.`;
  if (lines.length === 0 && from > 1) return `The file has only ${plural(total ?? 0, "line")}.`;
  return lines.length === 0 ? "The file is empty." : "End of the file.";
}

type Handle = Awaited<ReturnType<typeof openFile>>["handle"];

async function readPage(
  handle: Handle,
  { from, lines: most }: { from: number; lines: number },
): Promise<Page> {
  const lines: string[] = [];
  let number = 0;
  let chars = 0;
  for await (const line of linesOf(handle)) {
    if (line === undefined) return { lines: [], binary: true, next: undefined, total: undefined };
    number += 1;
    if (number < from) continue;
    if (lines.length === most || (chars + line.length > PAGE_MAX_CHARS && lines.length > 0))
      return { lines, binary: false, next: number, total: undefined };
    const text =
      line.length > LINE_MAX_CHARS ? `${line.slice(0, LINE_MAX_CHARS)} [… line clipped]` : line;
    lines.push(`${String(number).padStart(6)}\t${text}`);
    chars += text.length + 8;
  }
  return { lines, binary: false, next: undefined, total: number };
}

/** The lines of a file, each cut to what is shown of it; undefined once where it is binary. */
async function* linesOf(handle: Handle): AsyncGenerator<string | undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for (let at = 0; at < READ_MAX_BYTES;) {
    const { bytesRead, buffer } = await handle.read(
      Buffer.allocUnsafe(BLOCK_BYTES),
      0,
      BLOCK_BYTES,
      at,
    );
    if (bytesRead === 0) {
      rest += decoder.decode();
      if (rest !== "") yield rest;
      return;
    }
    const bytes = buffer.subarray(0, bytesRead);
    if (at === 0 && bytes.subarray(0, 8_192).includes(0)) {
      yield undefined;
      return;
    }
    at += bytesRead;
    const parts = `${rest}${decoder.decode(bytes, { stream: true })}`.split("\n");
    rest = parts.pop() ?? "";
    // A line without an end must not be gathered without end.
    if (rest.length > LINE_MAX_CHARS + 1) rest = rest.slice(0, LINE_MAX_CHARS + 1);
    for (const line of parts) yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }
  yield `[… only the first ${READ_MAX_BYTES} bytes are read line by line; use run_command with tail or sed …]`;
}
