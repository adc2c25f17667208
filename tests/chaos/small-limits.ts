// The product of a chaos run keeps less of a log in its object than usual, so that minutes are enough for events to move.
import type { Patch } from "./bundles.ts";

const LIMITS = "packages/protocol/src/limits.ts";
const limit = (name: string, usual: string, small: number): Patch => ({
  file: LIMITS,
  find: `export const ${name} = ${usual};`,
  put: `export const ${name} = ${small};`,
});

/** A segment every 128 events or so instead of every 2,048; everything else as it is. */
export const SMALL_LIMITS: readonly Patch[] = [
  limit("HOT_EVENTS", "1_024", 160),
  limit("SEGMENT_MAX_EVENTS", "2_048", 128),
  limit("SNAPSHOT_TAIL_EVENTS", "256", 64),
];
