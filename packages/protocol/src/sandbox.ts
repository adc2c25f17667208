// Sandboxes as a group, its members and their scripts see them: what there is, what may be asked of it, what came of it.
import * as z from "zod";

import { nameSchema } from "./agent-version.ts";
import { problemSchema } from "./errors.ts";
import { idSchema } from "./ids.ts";
import {
  EXEC_OUTPUT_MAX_BYTES,
  EXEC_TIMEOUT_DEFAULT_MS,
  EXEC_TIMEOUT_MAX_MS,
  SANDBOX_PATH_MAX_CHARS,
} from "./limits.ts";

/**
 * Where a sandbox stands. `cold` has a workspace and no process; the next use starts it. Only `cold`, `ready` and `failed`
 * last: the others are on their way to one of these.
 */
export const SANDBOX_STATES = [
  "cold",
  "starting",
  "ready",
  "draining",
  "snapshotting",
  "failed",
] as const;
export type SandboxState = (typeof SANDBOX_STATES)[number];

/** What a sandbox may use at most. Which of these are enforced how is a capability of its host. */
export const sandboxLimitsSchema = z.strictObject({
  memoryMiB: z.int().min(128).max(65_536).default(2_048),
  /** Cores. */
  cpu: z.number().min(0.1).max(64).default(2),
  /** Processes and threads. */
  pids: z.int().min(32).max(32_768).default(1_024),
  diskMiB: z.int().min(64).max(1_048_576).default(4_096),
});
export type SandboxLimits = z.infer<typeof sandboxLimitsSchema>;

/** A host as connections name it: exact, or `*.example.com` for all below; with a port where it is not 443 or 80. */
const egressHostSchema = z
  .string()
  .max(260)
  .toLowerCase()
  .regex(
    /^(?:\*\.)?(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/,
    'must be a host such as "registry.npmjs.org", "*.example.com" or "host:8443"',
  );

/** Hosts of the public package registries that `registries` stands for. */
export const REGISTRY_HOSTS = [
  "registry.npmjs.org",
  "registry.yarnpkg.com",
  "pypi.org",
  "files.pythonhosted.org",
  "crates.io",
  "index.crates.io",
  "static.crates.io",
  "proxy.golang.org",
  "sum.golang.org",
  "rubygems.org",
  "repo.maven.apache.org",
] as const;

/** What a request to a host gets on its way out; `value` names secrets as `{{secret:NAME}}`, which the sandbox never sees. */
export const egressSecretSchema = z.strictObject({
  host: egressHostSchema,
  header: z.string().regex(/^[A-Za-z0-9-]{1,128}$/),
  value: z.string().min(1).max(4_096),
});

/** Connections out of a sandbox: none, unless they are listed. */
export const sandboxEgressSchema = z.strictObject({
  hosts: z.array(egressHostSchema).max(200).default([]),
  /** Also the public package registries. */
  registries: z.boolean().default(false),
  secrets: z.array(egressSecretSchema).max(20).default([]),
});
export type SandboxEgress = z.infer<typeof sandboxEgressSchema>;

/** A group's rules for its sandboxes. */
export const sandboxPolicySchema = z.strictObject({
  /**
   * What agents need a member's yes for: `create`, the call that makes a sandbox, or `each`, every call that may change
   * something.
   */
  approve: z.enum(["create", "each"]).default("create"),
  egress: sandboxEgressSchema.prefault({}),
  /** How many sandboxes the group may have. */
  max: z.int().min(0).max(20).default(3),
  /** Without a call, a busy process or somebody looking for so long, a sandbox is snapshotted and stopped. */
  idleMinutes: z.int().min(1).max(1_440).default(15),
  limits: sandboxLimitsSchema.prefault({}),
});
export type SandboxPolicy = z.infer<typeof sandboxPolicySchema>;

/** Names one start of a sandbox. Another epoch is another process tree: handles of an earlier one say `sandbox_replaced`. */
export const epochSchema = z.string().regex(/^[0-9a-z]{8,40}$/);

export const sha256HexSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** The files of a workspace at one moment, kept in cold storage under the hash of its list of files. */
export const snapshotRefSchema = z.strictObject({
  snapshot: sha256HexSchema,
  files: z.int().nonnegative(),
  /** Of the files together, uncompressed. */
  bytes: z.int().nonnegative(),
});
export type SnapshotRef = z.infer<typeof snapshotRefSchema>;

export const STOP_REASONS = ["idle", "asked", "lost", "limit", "archived"] as const;
export type StopReason = (typeof STOP_REASONS)[number];

export const sandboxViewSchema = z.strictObject({
  sandbox: idSchema("sandbox"),
  name: z.string(),
  state: z.enum(SANDBOX_STATES),
  limits: sandboxLimitsSchema,
  /** Of the running start; absent where none runs. */
  epoch: epochSchema.optional(),
  createdAt: z.iso.datetime(),
  /** The newest snapshot of its workspace. */
  snapshot: snapshotRefSchema.optional(),
  /** Why it stopped or failed, where it did not run on. */
  stopped: z.enum(STOP_REASONS).optional(),
  problem: problemSchema.optional(),
});
export type SandboxView = z.infer<typeof sandboxViewSchema>;

export const sandboxCreateSchema = z
  .strictObject({ name: nameSchema.optional(), limits: sandboxLimitsSchema.optional() })
  .prefault({});
export type SandboxCreate = z.infer<typeof sandboxCreateSchema>;

/** A path in the workspace, or an absolute one in the sandbox. It is resolved inside the sandbox and nowhere else. */
export const sandboxPathSchema = z
  .string()
  .min(1)
  .max(SANDBOX_PATH_MAX_CHARS)
  .refine((path) => !path.includes("\0"), "must not hold a zero byte");

export const execSchema = z.strictObject({
  /** Run by `bash -c`. */
  command: z.string().min(1).max(64_000),
  cwd: sandboxPathSchema.optional(),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/), z.string().max(32_000))
    .optional(),
  /** What the command reads on standard input; then the input ends. */
  input: z
    .string()
    .max(1024 * 1024)
    .optional(),
  timeoutMs: z.int().min(100).max(EXEC_TIMEOUT_MAX_MS).default(EXEC_TIMEOUT_DEFAULT_MS),
  /** Of both streams together: what comes after it is dropped from the middle, and said. */
  maxOutputBytes: z.int().min(1_024).max(EXEC_OUTPUT_MAX_BYTES).optional(),
  /** Goes on when nobody listens; ask for its output by its id. */
  background: z.boolean().default(false),
});
export type Exec = z.infer<typeof execSchema>;

/** How a process ended. `code` is null where a signal ended it. */
export const exitStatusSchema = z.strictObject({
  code: z.int().nullable(),
  signal: z.string().nullable(),
  timedOut: z.boolean(),
});
export type ExitStatus = z.infer<typeof exitStatusSchema>;

/** A whole foreground command, for callers that do not read the stream. Text is UTF-8 with replacements. */
export const execResultSchema = z.strictObject({
  process: z.string(),
  ...exitStatusSchema.shape,
  stdout: z.string(),
  stderr: z.string(),
  /** Bytes that were dropped from the middle. */
  droppedBytes: z.int().nonnegative(),
  durationMs: z.number().nonnegative(),
});
export type ExecResult = z.infer<typeof execResultSchema>;

export const processIdSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
export const processViewSchema = z.strictObject({
  process: processIdSchema,
  command: z.string(),
  state: z.enum(["running", "ended"]),
  startedAt: z.iso.datetime(),
  exit: exitStatusSchema.optional(),
  /** Last seq of its output. */
  head: z.int().nonnegative(),
});
export type ProcessView = z.infer<typeof processViewSchema>;

export const processInputSchema = z.strictObject({
  /** Base64 of the bytes. */
  b64: z
    .string()
    .max(1024 * 1024)
    .default(""),
  /** Ends the input after these bytes. */
  close: z.boolean().default(false),
});

export const fileEntrySchema = z.strictObject({
  name: z.string(),
  type: z.enum(["file", "directory", "symlink", "other"]),
  size: z.int().nonnegative(),
  mode: z.int().nonnegative(),
  modifiedAt: z.iso.datetime(),
});
export const fileListSchema = z.strictObject({
  path: z.string(),
  entries: z.array(fileEntrySchema),
  /** There are more than are listed. */
  more: z.boolean(),
});
export type FileList = z.infer<typeof fileListSchema>;
export const fileWrittenSchema = z.strictObject({ etag: z.string() });

export const portViewSchema = z.strictObject({
  port: z.int().min(1).max(65_535),
  /** `any` listens on every address of the sandbox, which is still reached by previews only. */
  address: z.enum(["loopback", "any"]),
  process: processIdSchema.optional(),
});
export type PortView = z.infer<typeof portViewSchema>;

export const previewAskSchema = z.strictObject({ port: z.int().min(1).max(65_535) });
/** A link that opens a preview once, within a minute; the browser that opened it may go on for an hour. */
export const previewLinkSchema = z.strictObject({ url: z.url(), expiresAt: z.iso.datetime() });
export type PreviewLink = z.infer<typeof previewLinkSchema>;

const side = z.int().min(1).max(1_000);
export const terminalOpenSchema = z
  .strictObject({
    cols: side.default(80),
    rows: side.default(24),
    cwd: sandboxPathSchema.optional(),
    /** Instead of a login shell. */
    command: z.string().max(64_000).optional(),
  })
  .prefault({});
export const terminalViewSchema = z.strictObject({
  terminal: processIdSchema,
  cols: side,
  rows: side,
  /** Sockets that look at it. */
  viewers: z.int().nonnegative(),
  exit: exitStatusSchema.optional(),
});
export type TerminalView = z.infer<typeof terminalViewSchema>;

/** Text frames of a terminal's socket; binary frames are the bytes. From the client: `resize` and `take`. */
export const terminalFrameSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("resize"), cols: side, rows: side }),
  /** Asks for the keyboard: one viewer writes at a time. */
  z.strictObject({ type: z.literal("take") }),
  z.strictObject({ type: z.literal("attached"), writer: z.boolean(), cols: side, rows: side }),
  z.strictObject({ type: z.literal("exit"), ...exitStatusSchema.shape }),
]);
export type TerminalFrame = z.infer<typeof terminalFrameSchema>;

/** A state of the workspace's sources that can be gone back to. */
export const checkpointViewSchema = z.strictObject({
  checkpoint: idSchema("checkpoint"),
  at: z.iso.datetime(),
  /** Whose changes come after it: a run's turn, or a member's. */
  run: idSchema("run").optional(),
  turn: z.int().positive().optional(),
  by: idSchema("member").optional(),
});
export type CheckpointView = z.infer<typeof checkpointViewSchema>;

/** A stretch of changed lines between two checkpoints, with whose it is. */
export const hunkSchema = z.strictObject({
  /** Names the hunk as long as the file does not change again there. */
  hunk: sha256HexSchema,
  path: z.string(),
  /** A unified diff of this hunk alone. */
  diff: z.string(),
  added: z.int().nonnegative(),
  removed: z.int().nonnegative(),
  by: idSchema("member").optional(),
  run: idSchema("run").optional(),
  turn: z.int().positive().optional(),
  message: idSchema("message").optional(),
});
export type Hunk = z.infer<typeof hunkSchema>;

export const undoSchema = z.strictObject({
  /** Hunks as `changes` lists them. */
  hunks: z.array(sha256HexSchema).min(1).max(500),
});
export const undoneSchema = z.strictObject({
  undone: z.array(sha256HexSchema),
  /** Not undone, since the file has changed there. */
  refused: z.array(z.strictObject({ hunk: sha256HexSchema, reason: z.string() })),
});
export type Undone = z.infer<typeof undoneSchema>;

export const sandboxStopSchema = z
  .strictObject({ snapshot: z.boolean().default(true) })
  .prefault({});
export const sandboxRestoreSchema = z
  .strictObject({
    /** Left out: the newest. */
    snapshot: sha256HexSchema.optional(),
  })
  .prefault({});
