// The route table of the public REST interface: one row an operation, from which the Orchestrator routes and documents.

import { briefingSchema } from "./briefing.ts";
import * as control from "./control.ts";
import { commandRequestSchema } from "./group-command.ts";
import { logEventSchema } from "./group-event.ts";
import { groupViewSchema, runViewSchema } from "./group-view.ts";
import { groupForkSchema, jobViewSchema, searchHitSchema } from "./history.ts";
import { ledgerSchema } from "./ledger.ts";
import { messageViewSchema } from "./message.ts";
import type { Operation } from "./operation.ts";
import { SANDBOX_OPERATIONS } from "./sandbox-operations.ts";
import { secretPutSchema, secretViewSchema } from "./secret.ts";
import { summaryViewSchema } from "./summary.ts";

export const OPERATIONS = {
  getMe: {
    method: "GET",
    path: "/me",
    summary: "Who you are, and your organizations",
    guard: "user",
    answer: control.meSchema,
  },
  createApiKey: {
    method: "POST",
    path: "/api-keys",
    summary: "Make an API key; it is shown once",
    guard: "user",
    body: control.apiKeyCreateSchema,
    answer: control.apiKeyCreatedSchema,
  },
  listApiKeys: {
    method: "GET",
    path: "/api-keys",
    summary: "Your API keys, without their secrets",
    guard: "user",
    list: control.apiKeyViewSchema,
  },
  deleteApiKey: {
    method: "DELETE",
    path: "/api-keys/{id}",
    summary: "Revoke an API key",
    guard: "user",
  },
  listModels: {
    method: "GET",
    path: "/orgs/{org}/models",
    summary: "Models that agents of this organization can use, best first",
    guard: "org",
    list: control.modelViewSchema,
  },
  putProvider: {
    method: "PUT",
    path: "/orgs/{org}/providers/{name}",
    summary: "Set up or change a model provider; its key is write-only",
    guard: "org",
    body: control.providerPutSchema,
    answer: control.providerViewSchema,
  },
  listProviders: {
    method: "GET",
    path: "/orgs/{org}/providers",
    summary: "Model providers",
    guard: "org",
    list: control.providerViewSchema,
  },
  getProvider: {
    method: "GET",
    path: "/orgs/{org}/providers/{name}",
    summary: "One model provider",
    guard: "org",
    answer: control.providerViewSchema,
  },
  deleteProvider: {
    method: "DELETE",
    path: "/orgs/{org}/providers/{name}",
    summary: "Remove a model provider and its key",
    guard: "org",
  },
  putSecret: {
    method: "PUT",
    path: "/orgs/{org}/secrets/{name}",
    summary: "Keep a secret, or change where it may go; its value is write-only",
    guard: "org",
    body: secretPutSchema,
    answer: secretViewSchema,
  },
  listSecrets: {
    method: "GET",
    path: "/orgs/{org}/secrets",
    summary: "Secrets, without their values",
    guard: "org",
    list: secretViewSchema,
  },
  deleteSecret: {
    method: "DELETE",
    path: "/orgs/{org}/secrets/{name}",
    summary: "Delete a secret with its value",
    guard: "org",
  },
  listAuditEntries: {
    method: "GET",
    path: "/orgs/{org}/audit",
    summary: "The audit chain of an organization, in seq order; for its owners and admins",
    guard: "org",
    list: control.auditEntryViewSchema,
  },
  getAuditHead: {
    method: "GET",
    path: "/orgs/{org}/audit/head",
    summary: "Where the audit chain ends, and whether the seal on its end holds",
    guard: "org",
    answer: control.auditHeadViewSchema,
  },
  createAgent: {
    method: "POST",
    path: "/orgs/{org}/agents",
    summary: "Make an agent, version 1",
    guard: "org",
    body: control.agentCreateSchema,
    answer: control.agentViewSchema,
  },
  listAgents: {
    method: "GET",
    path: "/orgs/{org}/agents",
    summary: "Agents",
    guard: "org",
    list: control.agentViewSchema,
  },
  getAgent: {
    method: "GET",
    path: "/agents/{id}",
    summary: "One agent at its latest version",
    guard: "agent",
    answer: control.agentViewSchema,
  },
  patchAgent: {
    method: "PATCH",
    path: "/agents/{id}",
    summary: "Change an agent: makes a new immutable version",
    guard: "agent",
    body: control.agentPatchSchema,
    answer: control.agentViewSchema,
  },
  deleteAgent: {
    method: "DELETE",
    path: "/agents/{id}",
    summary: "Delete an agent and take it out of its groups",
    guard: "agent",
  },
  listAgentVersions: {
    method: "GET",
    path: "/agents/{id}/versions",
    summary: "Versions of an agent, newest first",
    guard: "agent",
    list: control.agentVersionViewSchema,
  },
  restoreAgentVersion: {
    method: "POST",
    path: "/agents/{id}/versions/{n}/restore",
    summary: "Make a new version that says what version n said",
    guard: "agent",
    answer: control.agentViewSchema,
  },
  createGroup: {
    method: "POST",
    path: "/orgs/{org}/groups",
    summary: "Make a group",
    guard: "org",
    body: control.groupCreateSchema,
    answer: groupViewSchema,
  },
  listGroups: {
    method: "GET",
    path: "/orgs/{org}/groups",
    summary: "Your groups in this organization",
    guard: "org",
    list: control.groupSummarySchema,
  },
  getGroup: {
    method: "GET",
    path: "/groups/{id}",
    summary: "A group: members, open runs, open approvals",
    guard: "group",
    answer: groupViewSchema,
  },
  patchGroup: {
    method: "PATCH",
    path: "/groups/{id}",
    summary: "Change a group's name or policy",
    guard: "group",
    body: control.groupPatchSchema,
    answer: groupViewSchema,
  },
  deleteGroup: {
    method: "DELETE",
    path: "/groups/{id}",
    summary: "Delete a group",
    guard: "group",
  },
  putMember: {
    method: "PUT",
    path: "/groups/{id}/members/{member}",
    summary: "Add a user or an agent to a group, or change a role",
    guard: "group",
    body: control.memberPutSchema,
    answer: control.seqSchema,
  },
  removeMember: {
    method: "DELETE",
    path: "/groups/{id}/members/{member}",
    summary: "Take a user or an agent out of a group",
    guard: "group",
  },
  createRoutingToken: {
    method: "POST",
    path: "/groups/{id}/token",
    summary: "A short-lived token that opens one socket",
    guard: "group",
    answer: control.routingTokenSchema,
  },
  listEvents: {
    method: "GET",
    path: "/groups/{id}/events",
    summary: "The log, in seq order",
    guard: "group",
    list: logEventSchema,
  },
  listMessages: {
    method: "GET",
    path: "/groups/{id}/messages",
    summary: "Messages, newest page first, each page in seq order",
    guard: "group",
    list: messageViewSchema,
  },
  giveCommand: {
    method: "POST",
    path: "/groups/{id}/commands",
    summary: "Give a command, as on the socket",
    guard: "group",
    body: commandRequestSchema,
    answer: control.seqSchema,
  },
  listRuns: {
    method: "GET",
    path: "/groups/{id}/runs",
    summary: "Runs, newest first",
    guard: "group",
    list: runViewSchema,
  },
  getRun: {
    method: "GET",
    path: "/groups/{id}/runs/{run}",
    summary: "One run: its turns, tool calls, usage and cost",
    guard: "group",
    answer: runViewSchema,
  },
  getBriefing: {
    method: "GET",
    path: "/groups/{id}/runs/{run}/turns/{n}/briefing",
    summary: "Exactly what the agent was told for one turn, and why",
    guard: "group",
    answer: briefingSchema.extend({ ledger: ledgerSchema }),
  },
  getMessage: {
    method: "GET",
    path: "/groups/{id}/messages/{message}",
    summary: "One message, however old",
    guard: "group",
    answer: messageViewSchema,
  },
  searchGroup: {
    method: "GET",
    path: "/groups/{id}/search",
    summary: "Messages that fit the words in q, best first, over the whole log",
    guard: "group",
    list: searchHitSchema,
  },
  listSummaries: {
    method: "GET",
    path: "/groups/{id}/summaries",
    summary: "Summaries that briefings told, newest first",
    guard: "group",
    list: summaryViewSchema,
  },
  listJobs: {
    method: "GET",
    path: "/groups/{id}/jobs",
    summary: "Work on a group's storage, newest first",
    guard: "group",
    list: jobViewSchema,
  },
  archiveGroup: {
    method: "POST",
    path: "/groups/{id}/archive",
    summary: "Move a group to cold storage; the next visit brings it back",
    guard: "group",
    answer: control.groupSummarySchema,
  },
  restoreGroup: {
    method: "POST",
    path: "/groups/{id}/restore",
    summary: "Bring an archived group back",
    guard: "group",
    answer: groupViewSchema,
  },
  forkGroup: {
    method: "POST",
    path: "/groups/{id}/fork",
    summary: "Make a new group from this one's history up to a seq",
    guard: "group",
    body: groupForkSchema,
    answer: groupViewSchema,
  },
  exportGroup: {
    method: "GET",
    path: "/groups/{id}/export",
    summary: "The whole group as a portable bundle (a tar archive)",
    guard: "group",
  },
  ...SANDBOX_OPERATIONS,
  importGroup: {
    method: "POST",
    path: "/orgs/{org}/groups/import",
    summary: "Make a group from a bundle; the body is the bundle itself",
    guard: "org",
    answer: groupViewSchema,
  },
} as const satisfies Record<string, Operation>;

export type OperationId = keyof typeof OPERATIONS;

/** Whether an operation changes something: unsafe ones take `Idempotency-Key` and need the `write` scope. */
export function isUnsafe(operation: { readonly method: string }): boolean {
  return operation.method !== "GET";
}
