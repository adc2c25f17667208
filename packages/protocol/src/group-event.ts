// Events: the facts of a group's log. Each has a seq; the state of a group is their fold, always.
import * as z from "zod";

import { agentPinSchema, handleSchema } from "./agent-version.ts";
import { problemSchema } from "./errors.ts";
import { idSchema } from "./ids.ts";
import { policySchema } from "./policy.ts";
import { epochSchema, sandboxLimitsSchema, snapshotRefSchema, STOP_REASONS } from "./sandbox.ts";
import { mentionSchema, partSchema, routingSchema, usageSchema } from "./message.ts";
import { summarySectionsSchema } from "./summary.ts";
import { toolArgumentsSchema, toolResultSchema } from "./tool.ts";

/** What members may say of a message's place in briefings: always told, never told, or as it comes. */
export const BRIEFING_RULES = ["pinned", "excluded", "normal"] as const;
export type BriefingRule = (typeof BRIEFING_RULES)[number];

export const ROLES = ["admin", "member", "viewer"] as const;
export type Role = (typeof ROLES)[number];
export const roleSchema = z.enum(ROLES);

export const RUN_OUTCOMES = ["done", "failed", "cancelled", "interrupted"] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

const run = idSchema("run");
const member = idSchema("member");
const message = idSchema("message");
const call = idSchema("toolCall");
const approval = idSchema("approval");
const turn = z.int().positive();
const summary = idSchema("summary");
const seq = z.int().nonnegative();
const sandbox = idSchema("sandbox");
const digest = z.string();

/** A member as the log introduces it: a person by `user`, an agent by its pin. */
export const memberSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("user"),
    member,
    user: idSchema("user"),
    name: z.string(),
    handle: handleSchema,
    role: roleSchema,
  }),
  z.strictObject({
    type: z.literal("agent"),
    member,
    agent: idSchema("agent"),
    name: z.string(),
    handle: handleSchema,
    about: z.string(),
    role: roleSchema,
    /** `latest` adopts every new version before its next run; `pinned` stays where it is. */
    follow: z.enum(["latest", "pinned"]),
    version: z.int().positive(),
    pin: agentPinSchema,
  }),
]);
export type Member = z.infer<typeof memberSchema>;
const userMemberSchema = memberSchema.options[0];
const agentMemberSchema = memberSchema.options[1];
export type AgentMember = Extract<Member, { type: "agent" }>;
export type UserMember = Extract<Member, { type: "user" }>;

export const groupEventSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("group-created"),
    group: idSchema("group"),
    org: idSchema("org"),
    name: z.string(),
    policy: policySchema,
  }),
  z.strictObject({ kind: z.literal("member-joined"), member: memberSchema, by: member.optional() }),
  z.strictObject({ kind: z.literal("member-left"), member, by: member.optional() }),
  z.strictObject({
    kind: z.literal("member-changed"),
    member,
    role: roleSchema,
    by: member.optional(),
  }),
  z.strictObject({
    kind: z.literal("settings-changed"),
    name: z.string().optional(),
    policy: policySchema.optional(),
    by: member,
  }),
  z.strictObject({
    kind: z.literal("agent-version-adopted"),
    member,
    agent: idSchema("agent"),
    version: z.int().positive(),
    pin: agentPinSchema,
    name: z.string(),
    handle: handleSchema,
    about: z.string(),
  }),
  z.strictObject({
    kind: z.literal("message-posted"),
    message,
    by: member,
    parts: z.array(partSchema),
    mentions: z.array(mentionSchema),
    replyTo: message.optional(),
    run: run.optional(),
    turn: turn.optional(),
    /** The stream broke off: this is what had come. */
    incomplete: z.literal(true).optional(),
    routing: z.array(routingSchema).optional(),
    /** Handles the text mentions that no member of the group has. */
    unresolved: z.array(z.string()).optional(),
  }),
  z.strictObject({
    kind: z.literal("message-edited"),
    message,
    by: member,
    parts: z.array(partSchema),
    mentions: z.array(mentionSchema),
  }),
  z.strictObject({ kind: z.literal("message-redacted"), message, by: member }),
  z.strictObject({
    kind: z.literal("reaction-set"),
    message,
    by: member,
    reaction: z.string(),
    on: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("run-queued"),
    run,
    member,
    agent: idSchema("agent"),
    version: z.int().positive(),
    trigger: message,
    /** Hops from agent to agent since a person spoke; 0 for a person's message. */
    depth: z.int().nonnegative(),
    /** The person's message that began the chain. */
    root: message,
  }),
  z.strictObject({
    kind: z.literal("run-started"),
    run,
    version: z.int().positive(),
    pin: agentPinSchema,
  }),
  z.strictObject({
    kind: z.literal("turn-started"),
    run,
    turn,
    attempt: z.int().positive(),
    message,
    briefing: idSchema("briefing"),
  }),
  z.strictObject({
    kind: z.literal("turn-ended"),
    run,
    turn,
    finish: z.string(),
    usage: usageSchema,
    cost: z.number(),
    model: z.string(),
    /** What the call was estimated at before it was made. */
    estimatedInput: z.int().nonnegative().optional(),
  }),
  z.strictObject({
    kind: z.literal("tool-call-made"),
    run,
    turn,
    call,
    tool: z.string(),
    arguments: toolArgumentsSchema,
    digest,
    effect: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("approval-asked"),
    approval,
    run,
    call,
    tool: z.string(),
    arguments: toolArgumentsSchema,
    digest,
  }),
  z.strictObject({
    kind: z.literal("approval-decided"),
    approval,
    run,
    call,
    decision: z.enum(["approve", "deny"]),
    by: member,
    arguments: toolArgumentsSchema,
    digest,
  }),
  z.strictObject({ kind: z.literal("tool-call-dispatched"), run, turn, call, digest }),
  z.strictObject({
    kind: z.literal("tool-result-received"),
    run,
    turn,
    call,
    result: toolResultSchema,
  }),
  z.strictObject({
    kind: z.literal("run-paused"),
    run,
    reason: z.enum(["approval", "turn-limit"]),
  }),
  z.strictObject({ kind: z.literal("run-resumed"), run, by: member }),
  z.strictObject({
    kind: z.literal("run-ended"),
    run,
    outcome: z.enum(RUN_OUTCOMES),
    usage: usageSchema,
    cost: z.number(),
    /** Words for a reader: why it did not end well. */
    reason: z.string().optional(),
    problem: problemSchema.optional(),
    by: member.optional(),
  }),
  /** A summary of everything up to `upTo` is to be made; `by` where a member asked for it. */
  z.strictObject({
    kind: z.literal("summary-asked"),
    summary,
    upTo: seq,
    pin: agentPinSchema,
    by: member.optional(),
  }),
  /** From now on briefings tell this in place of the messages up to `upTo`. `by`: a member wrote it. */
  z.strictObject({
    kind: z.literal("summary-made"),
    summary,
    version: z.int().positive(),
    upTo: seq,
    sections: summarySectionsSchema,
    by: member.optional(),
    model: z.string().optional(),
    usage: usageSchema.optional(),
    cost: z.number().optional(),
  }),
  /** The summary that was asked for was not to be had, or did not pass its check: the one before stays. */
  z.strictObject({
    kind: z.literal("summary-refused"),
    summary,
    reason: z.string(),
    usage: usageSchema.optional(),
    cost: z.number().optional(),
  }),
  /** A message's place in briefings; a pinned one is told with this label and text, which are then its own. */
  z.strictObject({
    kind: z.literal("briefing-rule-set"),
    message,
    rule: z.enum(BRIEFING_RULES),
    label: z.string(),
    text: z.string(),
    by: member,
  }),
  /** A sandbox was wanted by a member, or by a run whose call a member approved. It starts when it is used. */
  z.strictObject({
    kind: z.literal("sandbox-created"),
    sandbox,
    name: z.string(),
    limits: sandboxLimitsSchema,
    by: member.optional(),
    run: run.optional(),
  }),
  /** It runs; `workspace` says what it found: what its host had kept, a snapshot, or nothing. */
  z.strictObject({
    kind: z.literal("sandbox-started"),
    sandbox,
    epoch: epochSchema,
    workspace: z.enum(["new", "kept", "snapshot"]),
    startMs: z.number().nonnegative(),
  }),
  z.strictObject({
    kind: z.literal("sandbox-stopped"),
    sandbox,
    epoch: epochSchema,
    reason: z.enum(STOP_REASONS),
    words: z.string().optional(),
    by: member.optional(),
  }),
  z.strictObject({ kind: z.literal("sandbox-failed"), sandbox, problem: problemSchema }),
  z.strictObject({ kind: z.literal("sandbox-destroyed"), sandbox, by: member }),
  /** Its workspace lies in cold storage as it was. */
  z.strictObject({
    kind: z.literal("sandbox-snapshotted"),
    sandbox,
    snapshot: snapshotRefSchema,
    by: member.optional(),
  }),
  /** Its workspace was made what a snapshot or a checkpoint says. */
  z.strictObject({
    kind: z.literal("sandbox-restored"),
    sandbox,
    to: z.union([
      z.strictObject({ snapshot: snapshotRefSchema }),
      z.strictObject({ checkpoint: idSchema("checkpoint") }),
    ]),
    by: member.optional(),
  }),
  /** What its workspace says to agents: AGENTS.md, clipped; empty where there is none any more. */
  z.strictObject({ kind: z.literal("sandbox-described"), sandbox, text: z.string() }),
  /** The sources before a turn's changes, or before a member's. */
  z.strictObject({
    kind: z.literal("checkpoint-made"),
    sandbox,
    checkpoint: idSchema("checkpoint"),
    run: run.optional(),
    turn: turn.optional(),
    by: member.optional(),
  }),
  /** Changed lines were taken back. */
  z.strictObject({
    kind: z.literal("changes-undone"),
    sandbox,
    hunks: z.int().positive(),
    paths: z.array(z.string()),
    by: member,
  }),
  /** An agent shows a server of its sandbox to the members. */
  z.strictObject({
    kind: z.literal("preview-offered"),
    sandbox,
    port: z.int().min(1).max(65_535),
    run,
  }),
  z.strictObject({ kind: z.literal("group-archived"), by: member.optional() }),
  z.strictObject({
    kind: z.literal("group-restored"),
    /** The snapshot it came from. */
    generation: z.int().positive(),
    by: member.optional(),
    /** A newer snapshot was damaged: this many events are lost. Absent where nothing is. */
    lost: z.int().positive().optional(),
  }),
  /**
   * All before this is another group's history: the fork or import begins here, with its own id, its creator as the only
   * person, and the agents under pins of this installation. Runs and approvals of before have ended.
   */
  z.strictObject({
    kind: z.literal("group-copied"),
    how: z.enum(["fork", "import"]),
    from: z.strictObject({ group: idSchema("group"), name: z.string(), seq }),
    group: idSchema("group"),
    org: idSchema("org"),
    name: z.string(),
    creator: userMemberSchema,
    agents: z.array(agentMemberSchema),
    /** Sandboxes of the origin that had a snapshot, by their ids there and here; the copy has the snapshots. */
    sandboxes: z.array(z.strictObject({ from: sandbox, sandbox })).optional(),
  }),
]);
export type GroupEvent = z.infer<typeof groupEventSchema>;
export type GroupEventKind = GroupEvent["kind"];
export type EventOf<K extends GroupEventKind> = Extract<GroupEvent, { kind: K }>;

/** An event in its place: `at` is milliseconds since the epoch. */
export const logEventSchema = z.strictObject({
  seq: z.int().positive(),
  at: z.int().nonnegative(),
  event: groupEventSchema,
});
export type LogEvent = z.infer<typeof logEventSchema>;
