// /orgs/{org}/groups and /groups/{id}: groups are noted down in D1 for the lists; what they are is in their own logs.
import {
  problem,
  ProblemError,
  type AgentId,
  type GroupId,
  type OrgId,
  type UserId,
} from "@acos/protocol";

import { freshId, freshNonce } from "../clock.ts";
import type { ControlPlane } from "../control-plane.ts";
import { askGroup, principalOf } from "../group-calls.ts";
import { makeGroup } from "../group-making.ts";
import type { Handler } from "../rest/call.ts";
import { idCursor, pageOf } from "../rest/page.ts";
import { orgRoleOf } from "../sign-in/authenticate.ts";
import { accessGroup, accessOrg, notFound } from "../store/access.ts";
import { readAgentState } from "../store/agent-cards.ts";
import {
  forgetGroup,
  forgetMember,
  insertGroup,
  listGroupSummaries,
  renameGroup,
  setGroupState,
} from "../store/group-rows.ts";
import { tellWayIn } from "./way-in.ts";

export const createGroup: Handler<"createGroup"> = async ({ plane, caller, params, body }) => {
  const org = accessOrg(caller, params.org);
  const agents = body.agents.map(({ id, version }) => ({
    agent: id,
    version: version === "latest" ? null : version,
  }));
  await Promise.all(agents.map((agent) => requireAgentOfOrg(plane, org, agent)));
  const id = freshId(plane.clock, "group");
  const { name, policy } = body;
  const draft = { id, org, name, policy, by: caller.user, at: plane.clock.now(), agents };
  await plane.db.batch(insertGroup(plane.db, draft));
  try {
    return await makeGroup(plane, id, caller.name);
  } catch (error) {
    await setGroupState(plane.db, id, "failed");
    throw error;
  }
};

/** Throws `not_found` unless the agent, at that version, belongs to the org and lives. */
export async function requireAgentOfOrg(
  plane: ControlPlane,
  org: OrgId,
  { agent, version }: { readonly agent: AgentId; readonly version: number | null },
): Promise<void> {
  const state = await readAgentState(plane.db, agent, version);
  if (state && state.org === org && !state.deleted) return;
  const which = version === null ? agent : `${agent} at version ${version}`;
  const words = `There is no agent ${which} in this group's organization.`;
  throw new ProblemError(problem("not_found", words));
}

export const listGroups: Handler<"listGroups"> = async ({ plane, caller, params, page }) => {
  const org = params.org as OrgId;
  const { limit } = page;
  const cursor = idCursor("group", page.cursor);
  const of = { org, user: caller.user };
  const groups = await listGroupSummaries(plane.db, of, { cursor, limit: limit + 1 });
  // A guest of one of the org's groups lists that group without being in the org.
  const isGuest = groups.length > 0 || cursor !== undefined;
  if (!isGuest && orgRoleOf(caller, org) === undefined) throw notFound("organization");
  return pageOf(groups, limit, ({ id }) => id);
};

export const getGroup: Handler<"getGroup"> = async ({ plane, caller, params }) => {
  const group = accessGroup(params.id);
  return unlistingWhatIsGone(plane, { group, user: caller.user }, () =>
    viewGroup(plane, caller, group),
  );
};

/** A deletion or removal that was cut short left a row: who is told that there is no such group no longer lists it. */
async function unlistingWhatIsGone<T>(
  { db }: ControlPlane,
  { group, user }: { readonly group: GroupId; readonly user: UserId },
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ProblemError && error.problem.code === "not_found")
      await forgetMember(db, group, user);
    throw error;
  }
}

function viewGroup(plane: ControlPlane, caller: Parameters<typeof principalOf>[0], group: GroupId) {
  return askGroup({ namespace: plane.groups, group }, (stub) => stub.view(principalOf(caller)));
}

export const patchGroup: Handler<"patchGroup"> = async ({ plane, caller, params, body }) => {
  const group = accessGroup(params.id);
  const { name, policy } = body;
  const command = {
    kind: "settings-change" as const,
    ...(name !== undefined && { name }),
    ...(policy !== undefined && { policy }),
  };
  const request = { id: `rest-${freshNonce(plane.clock)}`, command };
  await tellWayIn({ plane, caller, group }, () =>
    askGroup({ namespace: plane.groups, group }, (stub) =>
      stub.command(principalOf(caller), request),
    ),
  );
  if (name !== undefined) await renameGroup(plane.db, group, name);
  return viewGroup(plane, caller, group);
};

export const deleteGroup: Handler<"deleteGroup"> = async ({ plane, caller, params }) => {
  const group = accessGroup(params.id);
  await unlistingWhatIsGone(plane, { group, user: caller.user }, () =>
    askGroup({ namespace: plane.groups, group }, (stub) => stub.deleteGroup(principalOf(caller))),
  );
  await forgetGroup(plane.db, group);
};
