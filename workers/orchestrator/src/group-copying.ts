// Makes a group of another one's history: noted down with its subscriptions, its object told to become the copy, then listed.
//
//   noted down ─ copyFrom ─▶ the copy is there, or comes by itself ─ subscriptions as in the copy, news owed ─▶ ready
//        └─ refused, or it failed ─▶ failed: not listed, what its object has is wiped as far as it answers
import {
  problem,
  ProblemError,
  type AgentId,
  type GroupCopy,
  type GroupId,
  type GroupView,
  type OrgId,
  type Policy,
} from "@acos/protocol";

import { deliverAdoptions } from "./adoptions.ts";
import type { ControlPlane } from "./control-plane.ts";
import { askGroup, principalOf, tryGroup } from "./group-calls.ts";
import { userCardOf } from "./group-making.ts";
import type { Caller } from "./sign-in/caller.ts";
import { insertGroup, listCopiedGroup, setGroupState } from "./store/group-rows.ts";

export interface CopyWish {
  readonly group: GroupId;
  readonly org: OrgId;
  readonly name: string;
  /** For the index of groups alone: the copy brings its own. */
  readonly policy: Policy;
  /** `version` null = latest. */
  readonly agents: readonly { readonly agent: AgentId; readonly version: number | null }[];
  readonly from: GroupCopy["from"];
}

/** Makes the copy as a new group of the caller's. Throws ProblemError; nothing of it is listed then. */
export async function makeCopy(
  plane: ControlPlane,
  caller: Caller,
  wish: CopyWish,
): Promise<GroupView> {
  const { group, org, name, policy, agents, from } = wish;
  const draft = { id: group, org, name, policy, by: caller.user, at: plane.clock.now(), agents };
  // Subscribed first, so that from here on no change of an agent passes the copy by.
  await plane.db.batch(insertGroup(plane.db, draft));
  try {
    const creator = userCardOf(caller.user, caller.name);
    const copy = { group, org, name, creator, principal: principalOf(caller), from };
    const view = await askGroup({ namespace: plane.groups, group }, (stub) => stub.copyFrom(copy));
    await listCopy(plane, view);
    return view;
  } catch (error) {
    await setGroupState(plane.db, group, "failed");
    await discardCopy(plane, caller, group);
    throw error;
  }
}

/** The copy's agents are as old as what was copied: it is told of what they are now like any group that missed a change. */
async function listCopy(plane: ControlPlane, { id, members }: GroupView): Promise<void> {
  const agents = members.flatMap((member) =>
    member.type === "agent"
      ? [{ agent: member.agent, version: member.follow === "latest" ? null : member.version }]
      : [],
  );
  await listCopiedGroup(plane.db, id, agents);
  const owed = agents.map(({ agent }) => agent);
  if ((await deliverAdoptions(plane, owed)) > 0) plane.outbox.noteOwing();
}

/** Wipes what a new object was given, as far as it answers; what is left of it is no group and is found by nobody. */
export async function discardCopy(
  plane: ControlPlane,
  caller: Caller,
  group: GroupId,
): Promise<void> {
  await tryGroup({ namespace: plane.groups, group, attempts: 1 }, (stub) =>
    stub.deleteGroup(principalOf(caller)),
  );
}

/** Throws `forbidden` unless the caller may make groups in the org of a group they are in. */
export function requireOwnOrg(caller: Caller, org: OrgId): void {
  if (caller.orgs.some(({ id }) => id === org)) return;
  const words =
    "A fork is a new group of this group's organization, which you are not a member of. Ask one of its members to fork it.";
  throw new ProblemError(problem("forbidden", words));
}
