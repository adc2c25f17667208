// What is in a bundle, in this order, and how large each may be.
//
//   bundle.json · other small files · events/{from}-{to}.ndjson.gz … · manifest.json · manifest.sha256
import {
  problem,
  ProblemError,
  SEGMENT_MAX_BYTES,
  SEGMENT_MAX_EVENTS,
  type BundleManifest,
} from "@acos/protocol";

export const BUNDLE_FILE = "bundle.json";
export const MANIFEST_FILE = "manifest.json";
export const MANIFEST_HASH_FILE = "manifest.sha256";

export const HEAD_MAX_BYTES = 64 * 1024;
/** A file that is no part of the log. */
export const EXTRA_MAX_BYTES = 1024 * 1024;
export const EXTRA_MAX_FILES = 16;
/** Tens of thousands of parts. */
export const MANIFEST_MAX_BYTES = 8 * 1024 * 1024;
/** A part zipped or unzipped; ours have half of it, so that one event too many is no reason to refuse a log. */
export const PART_MAX_BYTES = 2 * SEGMENT_MAX_BYTES;
export const PART_MAX_EVENTS = SEGMENT_MAX_EVENTS;
/** All parts unzipped: a minute or two of checking. A bundle that unzips to more was made to do so. */
export const UNZIPPED_MAX_BYTES = 2 * 1024 ** 3;

const PART_NAME = /^events\/([1-9]\d{0,14})-([1-9]\d{0,14})\.ndjson\.gz$/;
const EXTRA_NAME = /^[a-z0-9][a-z0-9-]{0,59}\.(?:json|txt|md)$/;

export function partName(from: number, to: number): string {
  return `events/${from}-${to}.ndjson.gz`;
}

/** First and last seq that a part's name tells; null for another name. */
export function partRange(name: string): { from: number; to: number } | null {
  const found = PART_NAME.exec(name);
  return found && { from: Number(found[1]), to: Number(found[2]) };
}

/** Whether a file that is no part of the log may be called so. */
export function isExtraName(name: string): boolean {
  return EXTRA_NAME.test(name) && name !== BUNDLE_FILE && name !== MANIFEST_FILE;
}

/** The one way to write the manifest, and its hash as `sha256sum -c` reads it. */
export function manifestText(manifest: BundleManifest): string {
  return `${JSON.stringify(manifest, null, 1)}\n`;
}
export function manifestHashText(hash: string): string {
  return `${hash}  ${MANIFEST_FILE}\n`;
}

/** Why a bundle is not taken. */
export function refusal(why: string): ProblemError {
  return new ProblemError(problem("invalid_request", `This bundle is not taken: ${why}.`));
}
