// Files into a sandbox, one request each. Links are not followed: what they lead to was not asked for.
import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { RefusedStart } from "../usage-error.ts";
import type { CopyReport } from "./copy-report.ts";
import { below, sendFile } from "./sandbox-files.ts";
import type { SandboxPlace } from "./sandbox-request.ts";

export interface CopyIn {
  readonly place: SandboxPlace;
  readonly signal: AbortSignal;
  readonly report: CopyReport;
}

/** Sends one file under a path of the sandbox; its mode goes with it. */
export async function putFile(
  { place, signal, report }: CopyIn,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  if (signal.aborted) throw new RefusedStart("Stopped; what was copied so far stays.");
  const bytes = new Uint8Array(readFileSync(from));
  await sendFile(place, to, { bytes, mode: statSync(from).mode });
  report.copied(bytes.length);
}

/** Sends what a folder holds. What is no file or folder is left out, and said; so is an empty folder. */
export async function putFolder(
  copy: CopyIn,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const entries = readdirSync(from, { withFileTypes: true }).toSorted(byName);
  if (entries.length === 0) copy.report.leftOut(from, "it is empty");
  for (const entry of entries) {
    const inner = { from: join(from, entry.name), to: below(to, entry.name) };
    if (entry.isDirectory()) await putFolder(copy, inner);
    else if (entry.isFile()) await putFile(copy, inner);
    else copy.report.leftOut(inner.from, entry.isSymbolicLink() ? "it is a link" : "it is no file");
  }
}

const byName = (left: Dirent, right: Dirent) => (left.name < right.name ? -1 : 1);
