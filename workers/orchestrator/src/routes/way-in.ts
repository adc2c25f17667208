// For owners and admins of an org who are not in one of its groups: what is for members only says how to become one.
import { problem, ProblemError, type GroupId } from "@acos/protocol";

import type { ControlPlane } from "../control-plane.ts";
import { principalOf, tryGroup } from "../group-calls.ts";
import type { Caller } from "../sign-in/caller.ts";

interface Asking {
  readonly plane: ControlPlane;
  readonly caller: Caller;
  readonly group: GroupId;
}

/** Runs `ask`. Where the group refuses it as `forbidden` to somebody who is not its member, the refusal says how to join. */
export async function tellWayIn<T>(asking: Asking, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const isRefusal = error instanceof ProblemError && error.problem.code === "forbidden";
    if (isRefusal && (await isOutside(asking))) throw joinFirst(asking);
    throw error;
  }
}

async function isOutside({ plane, caller, group }: Asking): Promise<boolean> {
  const at = { namespace: plane.groups, group };
  const viewed = await tryGroup(at, (stub) => stub.view(principalOf(caller)));
  if (!viewed.ok) return false;
  return !viewed.value.members.some((one) => one.type === "user" && one.user === caller.user);
}

function joinFirst({ caller, group }: Asking): ProblemError {
  const words = `You manage this group's organization, but are not a member of the group, and this is for members. Join it first: PUT /api/v1/groups/${group}/members/${caller.user} with {"role":"admin"}.`;
  return new ProblemError(problem("forbidden", words));
}
