// What an audit entry says: who did what to what. Never a token, a key, a password, a stranger's address or anybody's words.
import * as z from "zod";

/** Every kind that is recorded; the table in workers/orchestrator/SPEC.md says when and by whom. */
export const AUDIT_KINDS = [
  "sign-up",
  "sign-in",
  "sign-in-refused",
  "sign-out",
  "session-revoked",
  "password-changed",
  "api-key-made",
  "api-key-revoked",
  "api-key-used",
  "org-created",
  "org-member-added",
  "org-member-removed",
  "org-role-changed",
  "invitation-made",
  "invitation-cancelled",
  "provider-put",
  "provider-deleted",
  "secret-put",
  "secret-deleted",
  "secret-revealed",
  "keys-rotated",
  "agent-created",
  "agent-changed",
  "agent-restored",
  "agent-deleted",
  "group-created",
  "group-deleted",
  "group-archived",
  "group-restored",
  "group-forked",
  "group-exported",
  "group-imported",
  "sandbox-created",
  "sandbox-destroyed",
  "sandbox-command-run",
  "terminal-opened",
  "member-put",
  "member-removed",
  "member-joined",
  "member-left",
  "member-changed",
  "approval-decided",
  "settings-changed",
  "tool-call-dispatched",
  "token-issued",
  "token-refused",
  "socket-opened",
  "certificate-issued",
  "refused",
  "seal-broken",
] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

const detailsSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** What is hashed as the body of an entry. `kind` is open here: a reader takes kinds that are younger than itself. */
export const auditBodySchema = z.strictObject({
  kind: z.string(),
  /** A user, group, org or agent by id, `unknown`, or `person:` and the first characters of a hash. */
  actor: z.string(),
  subject: z.string().optional(),
  details: detailsSchema.optional(),
});
export type AuditBody = z.infer<typeof auditBodySchema>;

/** What somebody hands in to be recorded. */
export interface AuditNote extends AuditBody {
  readonly kind: AuditKind;
}

/** News of a group's log for the audit chain of its org: the event's seq makes it known again when it is told twice. */
export interface GroupNews {
  readonly seq: number;
  /** Milliseconds since the epoch, of the event. */
  readonly at: number;
  readonly note: AuditNote;
}
