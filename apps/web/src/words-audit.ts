// What the audit log says, a sentence a kind. Part of the catalogue in words.ts.
import type { AuditKind } from "@acos/protocol";

import type { AuditTold } from "./audit-told.ts";
import { sandboxDid } from "./words-sandboxes.ts";

const inGroup = (group: string): string => (group === "" ? "" : ` of the group ${group}`);
const asRole = (role: string): string => (role === "" ? "" : ` as ${role}`);
const because = (code: string): string => (code === "" ? "" : ` (${code})`);

/** What is done with a group as a whole. */
export const historyDid = {
  "group-archived": ({ who, what }: AuditTold) => `${who} archived the group ${what}`,
  "group-restored": ({ who, what }: AuditTold) => `${who} brought back the group ${what}`,
  "group-forked": ({ who, what, more }: AuditTold) =>
    more("from") === ""
      ? `${who} made the group ${what} as a fork`
      : `${who} made the group ${what} as a fork of the group ${more("from")}`,
  "group-exported": ({ who, what }: AuditTold) => `${who} exported the group ${what}`,
  "group-imported": ({ who, what }: AuditTold) => `${who} imported the group ${what}`,
} as const;

export const auditWords = {
  title: "Audit log",
  lead: "Who did what in your organization, and what was refused. Entries are only ever added, each sealed onto the one before.",
  managersOnly: "Only owners and admins of the organization read its audit log.",
  nothing: "Nothing is recorded yet.",
  holds: (seq: number, hash: string) =>
    `It ends at entry ${seq}, hash ${hash}, and the seal on its end holds.`,
  verify: "This page does not recompute the hashes: `acos audit verify` does.",
  broken: (seq: number) =>
    `The seal on the end of this log does not hold (entry ${seq}): somebody changed it past the product. Run \`acos audit verify\` to find where.`,
  older: "Show older entries",
  beginning: "The beginning of the log",
  entry: (seq: number) => `entry ${seq}`,
  refused: "refused",
  failed: (code: string) => `failed: ${code}`,
  repeats: (number: number) => `${number} more like it before`,
  unrecorded: (number: number) => `${number} more of this kind before`,
  fields: { kind: "Kind", actor: "Who", subject: "What", at: "When", hash: "Hash" },

  somebody: "somebody",
  organization: "the organization",
  installation: "the installation",

  /** A kind that is younger than this app. */
  other: (kind: string, { who, what }: AuditTold) =>
    `${kind}: ${who}${what === "" ? "" : `, ${what}`}`,
  did: {
    ...historyDid,
    ...sandboxDid,
    "sign-up": ({ who }) => `${who} signed up`,
    "sign-in": ({ who }) => `${who} signed in`,
    "sign-in-refused": ({ who, more }) =>
      more("reason") === "held-up"
        ? `A sign-in as ${who} had to wait after wrong passwords`
        : `A sign-in as ${who} had a wrong password`,
    "sign-out": ({ who }) => `${who} signed out`,
    "session-revoked": ({ who }) => `${who} ended a session`,
    "password-changed": ({ who }) => `${who} changed the password`,
    "api-key-made": ({ who, what, more }) =>
      `${who} made the API key ${what}${because(more("scopes"))}`,
    "api-key-revoked": ({ who, what }) => `${who} revoked the API key ${what}`,
    "api-key-used": ({ who, what }) => `${who} used the API key ${what}`,
    "org-created": ({ who, what }) => `${who} created the organization ${what}`,
    "org-member-added": ({ who, what, more }) =>
      `${what} joined the organization${asRole(more("role"))}, by ${who}`,
    "org-member-removed": ({ who, what }) => `${who} took ${what} out of the organization`,
    "org-role-changed": ({ who, what, more }) => `${who} made ${what} ${more("role")}`,
    "invitation-made": ({ who, more }) =>
      `${who} invited somebody to the organization${asRole(more("role"))}`,
    "invitation-cancelled": ({ who }) => `${who} withdrew an invitation`,
    "provider-put": ({ who, what, more }) =>
      `${who} set up the provider ${what}${more("newKey") === "true" ? " with a new key" : ""}`,
    "provider-deleted": ({ who, what }) => `${who} removed the provider ${what}`,
    "secret-put": ({ who, what, more }) =>
      more("newValue") === "true"
        ? `${who} kept a value for the secret ${what}`
        : `${who} changed where the secret ${what} may go`,
    "secret-deleted": ({ who, what }) => `${who} deleted the secret ${what}`,
    "secret-revealed": ({ who, what }) => `A sandbox of ${who} used the secret ${what}`,
    "keys-rotated": ({ who }) => `${who} exchanged its keys`,
    "agent-created": ({ who, what }) => `${who} made the agent ${what}`,
    "agent-changed": ({ who, what, more }) =>
      `${who} changed the agent ${what}, now version ${more("version")}`,
    "agent-restored": ({ who, what, more }) =>
      `${who} restored version ${more("from")} of the agent ${what} as version ${more("version")}`,
    "agent-deleted": ({ who, what }) => `${who} deleted the agent ${what}`,
    "group-created": ({ who, what }) => `${who} created the group ${what}`,
    "group-deleted": ({ who, what }) => `${who} deleted the group ${what}`,
    "member-put": ({ who, what, more }) =>
      `${who} made ${what} a member${inGroup(more("group"))}${asRole(more("role"))}`,
    "member-removed": ({ who, what, more }) =>
      `${who} removed ${what} as a member${inGroup(more("group"))}`,
    "member-joined": ({ who, what, more }) =>
      `${what} became a member${inGroup(more("group"))}${asRole(more("role"))}, by ${who}`,
    "member-left": ({ who, what, more }) => `${what} left the group ${more("group")}, by ${who}`,
    "member-changed": ({ who, what, more }) =>
      `${who} gave ${what} the role ${more("role")}${inGroup(more("group"))}`,
    "approval-decided": ({ who, more }) =>
      `${who} decided a call${inGroup(more("group"))}: ${more("decision")}`,
    "settings-changed": ({ who, what, more }) =>
      `${who} changed the settings${inGroup(more("group") || what)}${because(more("changed"))}`,
    "tool-call-dispatched": ({ who, more }) =>
      `${who} called the tool ${more("tool")}${inGroup(more("group"))}`,
    "token-issued": ({ who, what, more }) =>
      more("port") === ""
        ? `${who} got a token to open the group ${what}`
        : `${who} got a link to port ${more("port")} of the sandbox ${what}`,
    "token-refused": ({ who, what, more }) =>
      `The group ${what} did not let ${who} in${because(more("code"))}`,
    "socket-opened": ({ who, what }) => `${who} opened the group ${what}`,
    "certificate-issued": ({ who }) => `The group ${who} got a certificate`,
    refused: ({ who, what, more }) =>
      `Refused to ${who}: ${more("operation")}${what === "" ? "" : ` of ${what}`}${because(more("code"))}`,
    "seal-broken": () => "The end of the log was found changed past the product",
  } satisfies Record<AuditKind, (told: AuditTold) => string>,
} as const;
