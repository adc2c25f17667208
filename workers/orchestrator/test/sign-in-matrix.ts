// Who may do what at the sign-in surface: every route that is open, by role, and every one that is closed. The test walks it.

/**
 * anonymous: no proof · outsider: an account and nothing else · member, admin, owner: that in the org asked about · other:
 * owns another org.
 */
export const ROLES = ["anonymous", "outsider", "member", "admin", "owner", "other"] as const;
export type Role = (typeof ROLES)[number];

/** `ok` is a success, a number a refusal's status. */
// prettier-ignore
export const OPEN_ROWS = {
  //                                                 anon out  memb adm  ownr othr
  "POST /sign-up/email":                            "ok   ok   ok   ok   ok   ok",
  "POST /sign-in/email":                            "ok   ok   ok   ok   ok   ok",
  "POST /sign-out":                                 "ok   ok   ok   ok   ok   ok",
  "GET /get-session":                               "ok   ok   ok   ok   ok   ok",
  "GET /list-sessions":                             "401  ok   ok   ok   ok   ok",
  "POST /revoke-session":                           "401  ok   ok   ok   ok   ok",
  "POST /revoke-sessions":                          "401  ok   ok   ok   ok   ok",
  "POST /revoke-other-sessions":                    "401  ok   ok   ok   ok   ok",
  "POST /change-password":                          "401  ok   ok   ok   ok   ok",
  "POST /update-user":                              "401  ok   ok   ok   ok   ok",
  "POST /organization/create":                      "401  ok   ok   ok   ok   ok",
  "POST /organization/update":                      "401  404  403  ok   ok   404",
  "GET /organization/list":                         "401  ok   ok   ok   ok   ok",
  "POST /organization/set-active":                  "401  404  ok   ok   ok   404",
  "GET /organization/get-full-organization":        "401  404  ok   ok   ok   404",
  "GET /organization/list-members":                 "401  404  ok   ok   ok   404",
  "POST /organization/remove-member":               "401  400  401  ok   ok   400",
  "POST /organization/update-member-role":          "401  400  403  ok   ok   400",
  "POST /organization/leave":                       "401  400  ok   ok   ok   400",
  "POST /organization/invite-member":               "401  400  403  ok   ok   400",
  "GET /organization/list-invitations":             "401  403  ok   ok   ok   403",
  "GET /organization/get-invitation":               "401  404  404  404  404  404",
  "POST /organization/accept-invitation":           "401  404  404  404  404  404",
  "POST /organization/reject-invitation":           "401  404  404  404  404  404",
  "POST /organization/cancel-invitation":           "401  400  403  ok   ok   400",
} as const;
export type OpenRow = keyof typeof OPEN_ROWS;

/** Routes that the library has and we do not offer: 404 for everybody. */
export const CLOSED = [
  // Not found here, but under /api/v1/api-keys, where scopes and idempotency keys count.
  "POST /api-key/create",
  "POST /api-key/delete",
  "GET /api-key/get",
  "GET /api-key/list",
  "POST /api-key/update",
  // What comes by mail, which nobody sends.
  "POST /send-verification-email",
  "GET /verify-email",
  "POST /request-password-reset",
  "POST /reset-password",
  "GET /reset-password/:token",
  "POST /change-email",
  "GET /organization/list-user-invitations",
  // Signing in by other services, of which there are none.
  "POST /sign-in/social",
  "GET /callback/:id",
  "POST /callback/:id",
  "POST /link-social",
  "POST /unlink-account",
  "GET /list-accounts",
  "POST /get-access-token",
  "POST /refresh-token",
  "GET /account-info",
  // Users and orgs own groups and logs that would be left behind.
  "POST /delete-user",
  "GET /delete-user/callback",
  "POST /organization/delete",
  // Of no use to a page of ours, and each would be one more thing to guess or to ask.
  "POST /verify-password",
  "POST /update-session",
  "POST /get-session",
  "POST /organization/check-slug",
  "POST /organization/has-permission",
  "GET /organization/get-organization",
  "GET /organization/get-active-member",
  "GET /organization/get-active-member-role",
  "GET /ok",
  "GET /error",
] as const;

/** A row's cells by role. Throws when one is missing or too many. */
export function cellsOf(row: string): Readonly<Record<Role, string>> {
  const cells = row.trim().split(/\s+/);
  if (cells.length !== ROLES.length)
    throw new Error(`A row has ${cells.length} cells for ${ROLES.length} roles: ${row}`);
  return Object.fromEntries(ROLES.map((role, place) => [role, cells[place]])) as Record<
    Role,
    string
  >;
}
