// Who is in an org no more: by somebody else's doing, or by their own, for which the sign-in library has no hook.
import type { OrgId, UserId } from "@acos/protocol";
import { createAuthMiddleware, isAPIError } from "better-auth/api";

const LEAVES = "/organization/leave";

interface Membership {
  readonly userId: string;
  readonly organizationId: string;
}

interface Followers {
  readonly forget: (user: UserId) => void;
  readonly left: (membership: { readonly user: UserId; readonly org: OrgId }) => Promise<void>;
}

/** What is remembered of somebody who left an org counts no longer, and the org's groups let them go. */
export async function leftOrg({ forget, left }: Followers, gone: Membership): Promise<void> {
  const user = gone.userId as UserId;
  forget(user);
  await left({ user, org: gone.organizationId as OrgId });
}

/** A plugin of the sign-in surface that notices when somebody has left by themselves. */
export function leaving(followers: Followers) {
  const handler = createAuthMiddleware(async ({ context: { returned } }) => {
    if (returned && !isAPIError(returned)) await leftOrg(followers, returned as Membership);
  });
  const matcher = ({ path }: { readonly path?: string | undefined }) => path === LEAVES;
  return { id: "leaving", hooks: { after: [{ matcher, handler }] } };
}
