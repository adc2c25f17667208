// What a bundle says of itself: the first file and the last but one of a whole group as one tar archive.
import * as z from "zod";

import { sha256Schema } from "./agent-version.ts";
import { BUNDLE_FORMAT, BUNDLE_VERSION } from "./history.ts";
import { idSchema } from "./ids.ts";

/** `bundle.json`, the first file. */
export const bundleFactsSchema = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  version: z.literal(BUNDLE_VERSION),
  group: idSchema("group"),
  name: z.string().min(1).max(200),
  /** Seq of the last event. */
  head: z.int().positive(),
  exportedAt: z.iso.datetime(),
});
export type BundleFacts = z.infer<typeof bundleFactsSchema>;

const bundleFileSchema = z.strictObject({
  name: z.string(),
  bytes: z.int().nonnegative(),
  sha256: sha256Schema,
  /** Of a part of the log: how many events, and the seqs of the first and last. */
  events: z.int().positive().optional(),
  from: z.int().positive().optional(),
  to: z.int().positive().optional(),
});
export type BundleFile = z.infer<typeof bundleFileSchema>;

/** `manifest.json`, last but one: every file before it, in order. */
export const bundleManifestSchema = z.strictObject({
  head: z.int().positive(),
  files: z.array(bundleFileSchema),
});
export type BundleManifest = z.infer<typeof bundleManifestSchema>;
