// The thread of a search: walks, reads and matches until it has enough or its time is over.
import { lstatSync, statSync } from "node:fs";
import { basename } from "node:path";
import { parentPort, workerData } from "node:worker_threads";

import { globPattern } from "./glob.ts";
import { firstBytes } from "./plain-bytes.ts";
import { walk } from "./walk.ts";

export interface SearchQuestion {
  readonly root: string;
  readonly pattern: string;
  readonly glob: string | undefined;
  readonly limit: number;
}

export interface SearchAnswer {
  readonly hits: readonly { readonly path: string; readonly line: number; readonly text: string }[];
  readonly files: number;
  readonly skipped: number;
  readonly inTime: boolean;
  readonly missing?: boolean;
}

const FILE_MAX_BYTES = 4 * 1024 * 1024;
const LINE_MAX_CHARS = 10_000;
const SHOWN_MAX_CHARS = 300;
const DEPTH_MAX = 64;
/** Bytes at a file's beginning that tell text from the rest. */
const PROBE_BYTES = 8_192;

/** Answers the question that the thread was started with. */
export function serveSearch(): void {
  const { deadlineMs, ...question } = workerData as SearchQuestion & { deadlineMs: number };
  parentPort?.postMessage(search(question, performance.now() + deadlineMs));
}

function search(question: SearchQuestion, deadline: number): SearchAnswer {
  const { root, glob, limit } = question;
  const pattern = compile(question.pattern);
  const wanted = glob === undefined ? undefined : globPattern(glob);
  const hits: { path: string; line: number; text: string }[] = [];
  let files = 0;
  let skipped = 0;
  for (const path of filesBelow(root, wanted)) {
    if (performance.now() > deadline) return { hits, files, skipped, inTime: false };
    const text = textOf(path);
    if (text === undefined) skipped += 1;
    else files += 1;
    for (const { line, shown } of matches(text ?? "", pattern)) {
      hits.push({ path, line, text: shown });
      if (hits.length === limit) return { hits, files, skipped, inTime: true };
    }
  }
  const missing = files + skipped === 0 && !exists(root);
  return { hits, files, skipped, inTime: true, ...(missing && { missing }) };
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "u");
  } catch {
    return new RegExp(pattern); // What is wrong only with the `u` flag: an escape that it does not know.
  }
}

function* filesBelow(root: string, wanted: RegExp | undefined): Generator<string> {
  if (isFile(root)) {
    yield root;
    return;
  }
  for (const { path, inside, entry } of walk(root, { all: false, depth: DEPTH_MAX })) {
    if (!entry.isFile()) continue;
    if (wanted && !wanted.test(inside) && !wanted.test(basename(inside))) continue;
    yield path;
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function textOf(path: string): string | undefined {
  const bytes = firstBytes(path, FILE_MAX_BYTES + 1);
  if (bytes === undefined || bytes.length > FILE_MAX_BYTES) return undefined;
  return bytes.subarray(0, PROBE_BYTES).includes(0) ? undefined : bytes.toString("utf8");
}

function* matches(text: string, pattern: RegExp): Generator<{ line: number; shown: string }> {
  let line = 0;
  for (const whole of text.split("\n")) {
    line += 1;
    const match = pattern.exec(whole.slice(0, LINE_MAX_CHARS));
    if (match !== null) yield { line, shown: stretch(whole, match.index) };
  }
}

/** What is shown of a line: the stretch where it matched. */
function stretch(line: string, at: number): string {
  if (line.length <= SHOWN_MAX_CHARS) return line.trimEnd();
  const from = Math.max(0, at - SHOWN_MAX_CHARS / 3);
  return `…${line.slice(from, from + SHOWN_MAX_CHARS)}…`;
}
