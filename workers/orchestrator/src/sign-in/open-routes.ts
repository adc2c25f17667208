// Which of the sign-in library's routes are open: these and no others, so that a new one is closed until somebody decides.

/** Below /api/auth. What comes by mail, what signs in by other services and what the REST interface does better is not here. */
const OPEN_ROUTES = {
  "/sign-up/email": "POST",
  "/sign-in/email": "POST",
  "/sign-out": "POST",
  "/get-session": "GET",
  "/list-sessions": "GET",
  "/revoke-session": "POST",
  "/revoke-sessions": "POST",
  "/revoke-other-sessions": "POST",
  "/change-password": "POST",
  "/update-user": "POST",
  "/organization/create": "POST",
  "/organization/update": "POST",
  "/organization/list": "GET",
  "/organization/set-active": "POST",
  "/organization/get-full-organization": "GET",
  "/organization/list-members": "GET",
  "/organization/remove-member": "POST",
  "/organization/update-member-role": "POST",
  "/organization/leave": "POST",
  "/organization/invite-member": "POST",
  "/organization/list-invitations": "GET",
  "/organization/get-invitation": "GET",
  "/organization/accept-invitation": "POST",
  "/organization/reject-invitation": "POST",
  "/organization/cancel-invitation": "POST",
} as const satisfies Readonly<Record<string, "GET" | "POST">>;

/** Tells whether a route is open. The path is compared as it was sent: nothing that only decodes to one of ours gets through. */
export function isOpenRoute(method: string, path: string): boolean {
  return (OPEN_ROUTES as Readonly<Record<string, string>>)[path] === method;
}
