// Tables of the control plane: agents, providers and groups of an org, and what is still to be told to groups.
import type { AgentId, GroupId, OrgId, UserId } from "@acos/protocol";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

const at = (name: string) => integer(name).notNull();
const agentId = () => text("agent_id").$type<AgentId>().notNull();
const groupId = () => text("group_id").$type<GroupId>().notNull();
const orgId = () => text("org_id").$type<OrgId>().notNull();
const userId = () => text("user_id").$type<UserId>().notNull();

/** `revision` grows with every change of the agent or of a provider it uses; `provider` is the latest version's. */
export const agents = sqliteTable(
  "agent",
  {
    id: text("id").$type<AgentId>().primaryKey(),
    org: orgId(),
    version: integer("version").notNull(),
    revision: integer("revision").notNull(),
    provider: text("provider").notNull(),
    createdAt: at("created_at"),
    updatedAt: at("updated_at"),
    deletedAt: integer("deleted_at"),
  },
  (table) => [index("agent_org").on(table.org)],
);

/** Immutable: `body` is the exact text whose SHA-256 stands beside it. */
export const agentVersions = sqliteTable(
  "agent_version",
  {
    agent: agentId(),
    version: integer("version").notNull(),
    provider: text("provider").notNull(),
    body: text("body").notNull(),
    sha256: text("sha256").notNull(),
    createdAt: at("created_at"),
    createdBy: text("created_by").$type<UserId>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.agent, table.version] })],
);

/** A deleted provider keeps its row, so that its version numbers are never used twice. */
export const providers = sqliteTable(
  "provider",
  {
    org: orgId(),
    name: text("name").notNull(),
    version: integer("version").notNull(),
    updatedAt: at("updated_at"),
    deletedAt: integer("deleted_at"),
  },
  (table) => [primaryKey({ columns: [table.org, table.name] })],
);

export const providerVersions = sqliteTable(
  "provider_version",
  {
    org: orgId(),
    name: text("name").notNull(),
    version: integer("version").notNull(),
    body: text("body").notNull(),
    sha256: text("sha256").notNull(),
    createdAt: at("created_at"),
    createdBy: text("created_by").$type<UserId>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.org, table.name, table.version] })],
);

export const GROUP_STATES = ["making", "ready", "failed", "deleted"] as const;

/** The index of groups; what a group is stands in its own log. Only `ready` ones are listed. */
export const groups = sqliteTable(
  "groups",
  {
    id: text("id").$type<GroupId>().primaryKey(),
    org: orgId(),
    name: text("name").notNull(),
    policy: text("policy").notNull(),
    state: text("state", { enum: GROUP_STATES }).notNull(),
    createdBy: text("created_by").$type<UserId>().notNull(),
    createdAt: at("created_at"),
  },
  (table) => [index("groups_org").on(table.org)],
);

/** For lists only: who may do what in a group is decided by the group. */
export const groupMembers = sqliteTable(
  "group_member",
  { group: groupId(), user: userId() },
  (table) => [
    primaryKey({ columns: [table.user, table.group] }),
    index("group_member_group").on(table.group),
  ],
);

/** Which groups hear of an agent's changes; `version` null = they follow the latest. */
export const groupAgents = sqliteTable(
  "group_agent",
  { group: groupId(), agent: agentId(), version: integer("version") },
  (table) => [
    primaryKey({ columns: [table.group, table.agent] }),
    index("group_agent_agent").on(table.agent),
  ],
);

/** Outbox: this group has not yet confirmed this agent's revision. */
export const adoptions = sqliteTable(
  "adoption",
  { group: groupId(), agent: agentId(), revision: integer("revision").notNull() },
  (table) => [
    primaryKey({ columns: [table.group, table.agent] }),
    index("adoption_agent").on(table.agent),
  ],
);

/** A user's first org and group, so that a half-finished welcome is finished later instead of made twice. */
export const welcomes = sqliteTable("welcome", {
  user: userId().primaryKey(),
  org: orgId(),
  group: groupId(),
});

/** Answers kept for `Idempotency-Key`; `status` null = still being worked on; `answer` is sealed. */
export const idempotency = sqliteTable(
  "idempotency",
  {
    principal: text("principal").notNull(),
    key: text("key").notNull(),
    request: text("request").notNull(),
    status: integer("status"),
    answer: text("answer"),
    createdAt: at("created_at"),
  },
  (table) => [
    primaryKey({ columns: [table.principal, table.key] }),
    index("idempotency_created").on(table.createdAt),
  ],
);
