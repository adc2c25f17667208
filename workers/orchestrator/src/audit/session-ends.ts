// Which ends of sessions the audit log tells of: those that somebody asked for.
import type { AuditKind } from "@acos/protocol";

/** Paths that end sessions; sessions that have run out end on others and are not news. */
const ENDS_SESSIONS: Readonly<Record<string, AuditKind>> = {
  "/sign-out": "sign-out",
  "/revoke-session": "session-revoked",
  "/revoke-sessions": "session-revoked",
  "/revoke-other-sessions": "session-revoked",
  "/change-password": "session-revoked",
};

/** What is recorded when the library ends a session on one of its paths; undefined for nothing. */
export function kindOfSessionEnd(path: string | undefined): AuditKind | undefined {
  return path === undefined ? undefined : ENDS_SESSIONS[path];
}
