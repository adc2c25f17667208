// The wire of the execution plane: what a group asks of a Sandbox Host, and the host of the agent inside a sandbox.
//
//   group ── signed, on https://sandbox.internal ──▶ host ── /v1/sandboxes/{id}/agent/* stripped ──▶ in-sandbox agent
//
// Every request carries a certificate and a signature (packages/trust); a tool call also its grant. The agent believes
// whoever reaches it: only the host can.
import * as z from "zod";

import { idSchema } from "./ids.ts";
import {
  epochSchema,
  exitStatusSchema,
  hunkSchema,
  sandboxEgressSchema,
  sandboxLimitsSchema,
  sha256HexSchema,
  snapshotRefSchema,
} from "./sandbox.ts";
import { toolArgumentsSchema, toolNameSchema, toolResultSchema } from "./tool.ts";

/** Fixed authority of signed requests to a Sandbox Host. */
export const SANDBOX_ORIGIN = "https://sandbox.internal";
export const SANDBOXES_PATH = "/v1/sandboxes";

/** Header that names the start a request is meant for; another one's answer is `sandbox_replaced`. */
export const EPOCH_HEADER = "acos-epoch";
/** Header with the Tool Grant of a tool call. */
export const GRANT_HEADER = "acos-grant";
/** Query parameter, covered by the signature, that says for which member a request without a run is made; the host takes it off. */
export const ACTOR_PARAMETER = "acos-actor";

/** Body of `PUT /v1/sandboxes/{id}`: start it, or find it running. Idempotent. */
export const sandboxOpenSchema = z.strictObject({
  limits: sandboxLimitsSchema,
  egress: sandboxEgressSchema,
});
export type SandboxOpen = z.infer<typeof sandboxOpenSchema>;

export const sandboxOpenedSchema = z.strictObject({
  epoch: epochSchema,
  /** `running` was there already; `kept` is a new start on the workspace that the host still had; `new` has an empty one. */
  workspace: z.enum(["running", "kept", "new"]),
  /** From the request to an agent that answers; 0 where it was running. */
  startMs: z.number().nonnegative(),
});
export type SandboxOpened = z.infer<typeof sandboxOpenedSchema>;

/** Answer of `GET /v1/sandboxes/{id}`. */
export const sandboxStatusSchema = z.strictObject({
  state: z.enum(["running", "kept", "absent"]),
  epoch: epochSchema.optional(),
  /** Milliseconds since the last call, CPU time of a process or viewer of a terminal or preview; running ones only. */
  idleMs: z.int().nonnegative().optional(),
  usage: z
    .strictObject({
      cpuMs: z.int().nonnegative(),
      memoryMiB: z.number().nonnegative(),
      pids: z.int().nonnegative(),
      diskMiB: z.number().nonnegative(),
      egressBytes: z.int().nonnegative(),
    })
    .optional(),
  /** Why the last start ended, where the host ended it or saw it end. */
  ended: z
    .strictObject({ reason: z.enum(["asked", "idle", "limit", "lost"]), words: z.string() })
    .optional(),
});
export type SandboxStatus = z.infer<typeof sandboxStatusSchema>;

/** What a host can do and holds to, found out by trying. Answer of `GET /v1/health` and of `acos doctor`. */
export const sandboxCapabilitiesSchema = z.strictObject({
  driver: z.enum(["bubblewrap", "container"]),
  isolation: z.enum(["namespace", "vm"]),
  /** How each limit is held: by the kernel, by looking and ending, or not. */
  limits: z.record(
    z.enum(["memory", "cpu", "pids", "disk"]),
    z.enum(["cgroup-v2", "cgroup-v1", "rlimit", "polling", "none"]),
  ),
  ownUid: z.boolean(),
  seccomp: z.boolean(),
  terminals: z.boolean(),
  checkpoints: z.boolean(),
  egress: z.boolean(),
  /** Sentences for the operator: what is weaker than it could be, and what would mend it. */
  notes: z.array(z.string()),
});
export type SandboxCapabilities = z.infer<typeof sandboxCapabilitiesSchema>;

/**
 * Body of `POST …/agent/tool-calls/{call}`; the call's id is the idempotency key. The answer is a stream of frames, one JSON
 * a line; `GET …/agent/tool-calls/{call}?from=seq` goes on with it after `seq`, also when it has ended.
 */
export const sandboxCallSchema = z.strictObject({
  run: idSchema("run"),
  turn: z.int().positive(),
  call: idSchema("toolCall"),
  dispatch: z.int().positive(),
  tool: toolNameSchema,
  arguments: toolArgumentsSchema,
});
export type SandboxCall = z.infer<typeof sandboxCallSchema>;

const seq = z.int().positive();
/** Lines of a stream. `exit` ends a process's, `result` a tool call's: a stream that ends without either broke off. */
export const sandboxFrameSchema = z.discriminatedUnion("t", [
  z.strictObject({ t: z.literal("start"), seq, process: z.string().optional() }),
  z.strictObject({ t: z.literal("out"), seq, b64: z.string() }),
  z.strictObject({ t: z.literal("err"), seq, b64: z.string() }),
  /** Bytes that are not kept any more, or were more than is kept. */
  z.strictObject({ t: z.literal("gap"), seq, bytes: z.int().nonnegative() }),
  /** Every SANDBOX_HEARTBEAT_MS, so that silence means a broken link. */
  z.strictObject({ t: z.literal("beat") }),
  z.strictObject({ t: z.literal("exit"), seq, ...exitStatusSchema.shape }),
  z.strictObject({
    t: z.literal("result"),
    seq,
    result: toolResultSchema,
    /** A server that answers, for members to look at. */
    port: z.int().min(1).max(65_535).optional(),
  }),
]);
export type SandboxFrame = z.infer<typeof sandboxFrameSchema>;

/** Body of `POST …/agent/checkpoints`: keeps the sources as they are, under the checkpoint's id. */
export const checkpointAskSchema = z.strictObject({ checkpoint: idSchema("checkpoint") });
export const checkpointKeptSchema = z.strictObject({
  /** False where nothing had changed since the last one: it stands for this one too. */
  changed: z.boolean(),
  /** The workspace's AGENTS.md, clipped, and the paths of those below it; empty where there is none. */
  described: z.string(),
});

/** Hunks as the agent finds them between two checkpoints; `to` left out is now. */
export const sandboxChangesSchema = z.strictObject({
  hunks: z.array(
    hunkSchema.pick({ hunk: true, path: true, diff: true, added: true, removed: true }),
  ),
  /** There are more than are listed. */
  more: z.boolean(),
});

/**
 * Answer of `POST …/agent/snapshots`: the list of files (a manifest) and the packs it needs, each under the SHA-256 of its
 * bytes. `GET …/agent/snapshots/{manifests|packs}/{hash}` gives them out, `PUT` takes them in,
 * `POST …/agent/snapshots/{manifest}/restore` makes the workspace what the manifest says.
 */
export const sandboxSnapshotSchema = z.strictObject({
  ...snapshotRefSchema.shape,
  packs: z.array(z.strictObject({ pack: sha256HexSchema, bytes: z.int().positive() })),
});
export type SandboxSnapshot = z.infer<typeof sandboxSnapshotSchema>;

/** Header in which the Orchestrator hands a group who asks, with requests to the group's `fetch`. */
export const PRINCIPAL_HEADER = "acos-principal";
/** Header with the claims of a verified preview, as JSON. */
export const PREVIEW_HEADER = "acos-preview";
