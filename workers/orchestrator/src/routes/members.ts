// /groups/{id}/members/{member}: users and agents come and go; the group decides, D1 keeps the lists and subscriptions.
import {
  isId,
  problem,
  ProblemError,
  type AgentId,
  type GroupId,
  type OrgId,
  type UserId,
} from "@acos/protocol";

import type { ControlPlane } from "../control-plane.ts";
import { askGroup, principalOf } from "../group-calls.ts";
import { userCardOf } from "../group-making.ts";
import type { Call, Handler } from "../rest/call.ts";
import { invalidField } from "../rest/invalid-field.ts";
import { readPerson } from "../sign-in/caller.ts";
import { accessGroup, notFound } from "../store/access.ts";
import { readAgentState, type AgentState } from "../store/agent-cards.ts";
import { forgetMember, noteMember, subscribe, unsubscribe } from "../store/group-rows.ts";
import { requireAgentOfOrg } from "./groups.ts";

export const putMember: Handler<"putMember"> = async (call) => {
  const group = accessGroup(call.params.id);
  const { member } = call.params;
  const org = await requireAdmin(call, group);
  if (isId("user", member)) return putUser(call, group, member);
  if (isId("agent", member)) return putAgent(call, { group, org }, member);
  throw notFound("user or agent");
};

/**
 * Asked before anything is noted down; the group decides once more when it is told. Whoever sees a group without being its
 * member manages its org.
 */
async function requireAdmin(
  { plane, caller }: Pick<Call<"putMember">, "plane" | "caller">,
  group: GroupId,
): Promise<OrgId> {
  const { members, org } = await askGroup({ namespace: plane.groups, group }, (stub) =>
    stub.view(principalOf(caller)),
  );
  const self = members.find((member) => member.type === "user" && member.user === caller.user);
  if (self === undefined || self.role === "admin") return org;
  const words = "Only admins of the group may change its members. Ask one of them.";
  throw new ProblemError(problem("forbidden", words));
}

async function putUser(
  { plane, caller, body }: Call<"putMember">,
  group: GroupId,
  user: UserId,
): Promise<{ seq: number }> {
  if (body.version !== undefined)
    throw invalidField("version", "version is for agents; a user has none.");
  const person = await readPerson(plane.db, user);
  if (!person) throw notFound("user");
  const card = userCardOf(user, person.name);
  const done = await askGroup({ namespace: plane.groups, group }, (stub) =>
    stub.putMember(principalOf(caller), { type: "user", card, role: body.role }),
  );
  await noteMember(plane.db, group, user);
  return done;
}

async function putAgent(
  { plane, caller, body }: Call<"putMember">,
  { group, org }: { readonly group: GroupId; readonly org: OrgId },
  agent: AgentId,
): Promise<{ seq: number }> {
  const version = body.version === undefined || body.version === "latest" ? null : body.version;
  await requireAgentOfOrg(plane, org, { agent, version });
  // Subscribed first, so that from here on no change of the agent passes the group by.
  await subscribe(plane.db, group, { agent, version });
  const { card } = await readLiving(plane, agent, version);
  const follow = version === null ? "latest" : "pinned";
  const done = await askGroup({ namespace: plane.groups, group }, (stub) =>
    stub.putMember(principalOf(caller), { type: "agent", card, follow, role: body.role }),
  );
  await adoptWhatChanged(plane, group, { agent, version, revision: card.pin.revision });
  return done;
}

/** A change between our reading and the group's hearing found no such agent in the group: it is told once more. */
async function adoptWhatChanged(
  plane: ControlPlane,
  group: GroupId,
  told: { readonly agent: AgentId; readonly version: number | null; readonly revision: number },
): Promise<void> {
  const { card } = await readLiving(plane, told.agent, told.version);
  if (card.pin.revision === told.revision) return;
  await askGroup({ namespace: plane.groups, group }, (stub) => stub.adopt(card));
}

async function readLiving(
  plane: ControlPlane,
  agent: AgentId,
  version: number | null,
): Promise<AgentState> {
  const state = await readAgentState(plane.db, agent, version);
  if (!state || state.deleted) throw notFound("agent");
  return state;
}

export const removeMember: Handler<"removeMember"> = async ({ plane, caller, params }) => {
  const group = accessGroup(params.id);
  const { member } = params;
  if (!isId("user", member) && !isId("agent", member)) throw notFound("member");
  await askGroup({ namespace: plane.groups, group }, (stub) =>
    stub.removeMember(principalOf(caller), member),
  );
  if (isId("user", member)) await forgetMember(plane.db, group, member);
  else await unsubscribe(plane.db, group, member);
};
