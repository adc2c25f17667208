// Events: the facts of a group's log. Each has a seq; the state of a group is their fold, always.
import * as z from "zod";

import { agentPinSchema, handleSchema } from "./agent-version.ts";
import { problemSchema } from "./errors.ts";
import { idSchema } from "./ids.ts";
import { mentionSchema, partSchema, routingSchema, usageSchema } from "./message.ts";
import { toolArgumentsSchema, toolResultSchema } from "./tool.ts";

export const ROLES = ["admin", "member", "viewer"] as const;
export type Role = (typeof ROLES)[number];
export const roleSchema = z.enum(ROLES);

/** How a group decides who answers, within the limits between agents. Every number is a count or milliseconds. */
export const policySchema = z.strictObject({
  /** `mentions`: an agent answers when mentioned or replied to; `everyone`: also any person's message that mentions no agent. */
  wake: z.enum(["mentions", "everyone"]).default("mentions"),
  /** Whether agents may wake each other, and how far. */
  agents: z
    .strictObject({
      wake: z.enum(["off", "bounded"]).default("bounded"),
      rounds: z.int().min(0).max(20).default(2),
      cooldownMs: z.int().min(0).max(3_600_000).default(15_000),
      pairMentions: z.int().min(0).max(100).default(3),
      chainDepth: z.int().min(0).max(20).default(6),
    })
    .prefault({}),
});
export type Policy = z.infer<typeof policySchema>;

/** A policy as a caller writes it: whole, or by the name of a ready-made one. */
export const sentPolicySchema = z.union([
  z.enum(["mentions", "everyone"]).transform((wake) => policySchema.parse({ wake })),
  policySchema,
]);

export const RUN_OUTCOMES = ["done", "failed", "cancelled", "interrupted"] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

const run = idSchema("run");
const member = idSchema("member");
const message = idSchema("message");
const call = idSchema("toolCall");
const approval = idSchema("approval");
const turn = z.int().positive();
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
