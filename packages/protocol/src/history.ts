// A group's life beyond its object: search, lifecycle jobs, copies.
import * as z from "zod";

import { agentConfigSchema, nameSchema } from "./agent-version.ts";
import { idSchema } from "./ids.ts";
import { MEMBERS_MAX, SEARCH_QUERY_MAX_CHARS } from "./limits.ts";
import { problemSchema } from "./errors.ts";

export const searchQuerySchema = z.string().trim().min(1).max(SEARCH_QUERY_MAX_CHARS);

/** A message that was found. `snippet` is the stretch of its text around what matched. */
export const searchHitSchema = z.strictObject({
  message: idSchema("message"),
  seq: z.int().positive(),
  at: z.int().nonnegative(),
  by: idSchema("member"),
  author: z.string(),
  snippet: z.string(),
  /** Higher fits better; comparable within one answer only. */
  score: z.number(),
});
export type SearchHit = z.infer<typeof searchHitSchema>;

export const JOB_KINDS = [
  "flush",
  "snapshot",
  "archive",
  "restore",
  "fork",
  "import",
  "delete",
] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** A piece of work on a group's storage. It goes on after a crash until it is `done` or `failed`. */
export const jobViewSchema = z.strictObject({
  job: idSchema("job"),
  kind: z.enum(JOB_KINDS),
  state: z.enum(["running", "done", "failed"]),
  /** What is being done, or was last: one word. */
  step: z.string(),
  /** Events done so far and in all, where that is known. */
  done: z.int().nonnegative(),
  total: z.int().nonnegative(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  problem: problemSchema.optional(),
});
export type JobView = z.infer<typeof jobViewSchema>;

export const groupForkSchema = z
  .strictObject({
    /** The last event that the fork has; left out: all there are now. */
    atSeq: z.int().positive().optional(),
    name: nameSchema.optional(),
  })
  .prefault({});
export type GroupFork = z.infer<typeof groupForkSchema>;

/** Media type of a bundle: a tar archive (POSIX.1-2001). */
export const BUNDLE_TYPE = "application/x-tar";
export const BUNDLE_FORMAT = "acos-group";
export const BUNDLE_VERSION = 1;

/** Name of the files of a bundle that hold its agents' configurations, counted from 1: `agents.json`, `agents-2.json` … */
export function bundleAgentsFile(number: number): string {
  return number === 1 ? "agents.json" : `agents-${number}.json`;
}
/** An agent as a bundle carries it: its id and version where it came from, and what it was told to be. Never a secret. */
export const bundleAgentSchema = agentConfigSchema.extend({
  id: idSchema("agent"),
  version: z.int().positive(),
  follow: z.enum(["latest", "pinned"]),
});
export type BundleAgent = z.infer<typeof bundleAgentSchema>;
export const bundleAgentsSchema = z.strictObject({
  agents: z.array(bundleAgentSchema).max(MEMBERS_MAX),
});
