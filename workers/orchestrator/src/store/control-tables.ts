// Tables of the control plane: agents, providers and groups of an org, and what is still to be told to groups.
import type { AgentId, GroupId, OrgId, UserId } from "@acos/protocol";
import {
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";

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
    /** Since when it lies in cold storage; null = it does not. */
    archivedAt: integer("archived_at"),
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

/**
 * Outbox: this group has not yet let go of somebody who left its org. A trigger on the sign-in's table of memberships fills it
 * (0002_departures.sql), so that no membership ends without it, whoever ends it.
 */
export const departures = sqliteTable(
  "departure",
  { group: groupId(), user: userId() },
  (table) => [primaryKey({ columns: [table.user, table.group] })],
);

/** A user's first org and group, so that a half-finished welcome is finished later instead of made twice. */
export const welcomes = sqliteTable("welcome", {
  user: userId().primaryKey(),
  org: orgId(),
  group: groupId(),
});

/** Data keys of an org: each seals secrets and is itself sealed (`wrapped`) by the master key that `kek` names. */
export const dataKeys = sqliteTable(
  "data_key",
  {
    org: orgId(),
    version: integer("version").notNull(),
    kek: text("kek").notNull(),
    wrapped: text("wrapped").notNull(),
    createdAt: at("created_at"),
  },
  (table) => [
    primaryKey({ columns: [table.org, table.version] }),
    index("data_key_kek").on(table.kek),
  ],
);

/**
 * Secrets of an org and keys of its providers, sealed under the data key `dataKey`. A version never gets another value; a
 * deleted one keeps its row without its value, so that its number is not used twice.
 */
export const secrets = sqliteTable(
  "secret",
  {
    org: orgId(),
    name: text("name").notNull(),
    version: integer("version").notNull(),
    /** JSON list of hosts it may be sent to; null for a provider's key, whose provider says where. */
    hosts: text("hosts"),
    /** JSON list of groups that may use it; null = every group of the org. */
    groups: text("groups"),
    dataKey: integer("data_key").notNull(),
    sealed: text("sealed"),
    createdAt: at("created_at"),
    createdBy: text("created_by").$type<UserId>().notNull(),
    deletedAt: integer("deleted_at"),
  },
  (table) => [
    primaryKey({ columns: [table.org, table.name, table.version] }),
    index("secret_data_key").on(table.org, table.dataKey),
  ],
);

/** The audit chain of an org (or of the installation): appended to and never changed; each entry holds the hash before it. */
export const auditEntries = sqliteTable(
  "audit_entry",
  {
    chain: text("chain").notNull(),
    seq: integer("seq").notNull(),
    at: at("at"),
    /** Canonical JSON of what happened. */
    body: text("body").notNull(),
    hash: text("hash").notNull(),
    /** Where the news came from, so that the same news twice is one entry; null where it cannot come twice. */
    source: text("source"),
  },
  (table) => [
    primaryKey({ columns: [table.chain, table.seq] }),
    uniqueIndex("audit_entry_source").on(table.chain, table.source),
  ],
);

/** The end of each chain, sealed with a key of ours: entries cut off at the end are missed. */
export const auditHeads = sqliteTable("audit_head", {
  chain: text("chain").primaryKey(),
  seq: integer("seq").notNull(),
  hash: text("hash").notNull(),
  seal: text("seal").notNull(),
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
