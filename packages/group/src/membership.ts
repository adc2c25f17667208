// Membership: who belongs to a group and in which role; creating a group, joining, leaving, adopting agent versions.
import {
  MEMBERS_MAX,
  type AgentCard,
  type AgentId,
  type AgentMember,
  type GroupCreation,
  type Member,
  type MemberId,
  type MemberPut,
  type Principal,
  type Role,
  type UserId,
} from "@acos/protocol";

import { refuse, type Decision, type DecisionDraft } from "./decision.ts";
import { findMember, freeHandle } from "./handles.ts";
import type { GroupState } from "./state.ts";

/** What a principal is to a group. An org's owner or admin may manage a group without being its member. */
export interface Access {
  readonly member: Member | null;
  readonly role: Role;
}

/** The one access function of a group: null means that, to this principal, the group does not exist. */
export function accessGroup(state: GroupState, principal: Principal): Access | null {
  if (!state.group) return null;
  const member = findMember(state.members.values(), principal.user);
  if (member) return { member, role: member.role };
  const { org } = state.group;
  const manages = principal.orgs.some((each) => each.id === org && each.role !== "member");
  return manages ? { member: null, role: "admin" } : null;
}

/** Creates the group with its first members. Again for the same group: accepted, and changes nothing. */
export function decideCreate(draft: DecisionDraft, creation: GroupCreation): Decision {
  const { group } = draft.state;
  if (group)
    return group.id === creation.group
      ? draft.accept()
      : refuse("conflict", "This controller holds another group.");
  draft.fact({
    kind: "group-created",
    group: creation.group,
    org: creation.org,
    name: creation.name,
    policy: creation.policy,
  });
  join(draft, { type: "user", card: creation.creator, role: "admin" }, null);
  for (const { card, follow } of creation.agents)
    join(draft, { type: "agent", card, follow, role: "member" }, null);
  return draft.accept();
}

/** Adds a member or changes its role; saying again what is so already changes nothing. */
export function decidePut(draft: DecisionDraft, by: Member | null, put: MemberPut): Decision {
  const { members } = draft.state;
  const known = findMember(members.values(), subjectOf(put));
  if (!known) {
    if (members.size >= MEMBERS_MAX)
      return refuse("conflict", `A group has at most ${MEMBERS_MAX} members.`);
    join(draft, put, by);
    return draft.accept();
  }
  if (known.role !== put.role) {
    if (isLastAdmin(draft.state, known))
      return refuse("conflict", "The last admin keeps the role: make another member admin first.");
    draft.fact({
      kind: "member-changed",
      member: known.member,
      role: put.role,
      ...(by && { by: by.member }),
    });
  }
  if (put.type === "agent" && known.type === "agent") repin(draft, known, put);
  return draft.accept();
}

/** Takes a member out: its sockets close, its runs end. Who is not there is gone already. */
export function decideRemove(
  draft: DecisionDraft,
  by: Member | null,
  who: UserId | AgentId,
): Decision {
  const member = findMember(draft.state.members.values(), who);
  if (!member) return draft.accept();
  if (isLastAdmin(draft.state, member))
    return refuse("conflict", "The last admin cannot leave: make another member admin first.");
  return takeOut(draft, by, member);
}

/**
 * Takes out a person whom the org has let go, also as the last admin: the role then passes to the first heir who is a
 * member. Without one the group has no admin among its members, and the org's owners and admins manage it from outside.
 */
export function decideLetGo(
  draft: DecisionDraft,
  user: UserId,
  heirs: readonly UserId[],
): Decision {
  const member = findMember(draft.state.members.values(), user);
  if (!member) return draft.accept();
  if (isLastAdmin(draft.state, member)) {
    const heir = heirs
      .filter((one) => one !== user)
      .flatMap((one) => findMember(draft.state.members.values(), one) ?? [])[0];
    if (heir) draft.fact({ kind: "member-changed", member: heir.member, role: "admin" });
  }
  return takeOut(draft, null, member);
}

function takeOut(draft: DecisionDraft, by: Member | null, member: Member): Decision {
  for (const run of [...draft.state.runs.values()].filter(
    (each) => each.member === member.member,
  )) {
    draft.effect({ kind: "abort", run: run.run });
    draft.fact({
      kind: "run-ended",
      run: run.run,
      outcome: "cancelled",
      usage: run.usage,
      cost: run.cost,
      reason: "The agent was taken out of the group.",
    });
  }
  draft.fact({
    kind: "member-left",
    member: member.member,
    ...(by && { by: by.member }),
  });
  if (member.type === "user") draft.effect({ kind: "close-sockets", user: member.user });
  return draft.accept();
}

/** Adopts a newer version of an agent, or of its provider, for the runs that start from now on. Older news change nothing. */
export function decideAdopt(draft: DecisionDraft, card: AgentCard): Decision {
  const member = findMember(draft.state.members.values(), card.pin.agent);
  if (member?.type !== "agent" || card.pin.revision <= member.pin.revision) return draft.accept();
  if (member.follow === "latest") adopt(draft, member, card);
  else if (card.pin.version === member.version)
    adopt(draft, member, { ...card, name: member.name, handle: member.handle });
  return draft.accept();
}

function repin(
  draft: DecisionDraft,
  known: AgentMember,
  put: Extract<MemberPut, { type: "agent" }>,
): void {
  const same = known.follow === put.follow && known.pin.sha256 === put.card.pin.sha256;
  if (same && known.pin.revision >= put.card.pin.revision) return;
  if (known.follow === put.follow) return adopt(draft, known, put.card);
  join(draft, put, null);
}

function adopt(draft: DecisionDraft, member: AgentMember, card: AgentCard): void {
  draft.fact({
    kind: "agent-version-adopted",
    member: member.member,
    agent: member.agent,
    version: card.pin.version,
    pin: card.pin,
    name: card.name,
    handle: handleFor(draft.state, card.handle, member.member),
    about: card.about,
  });
}

function join(draft: DecisionDraft, put: MemberPut, by: Member | null): void {
  const { state } = draft;
  const subject = subjectOf(put);
  const before =
    findMember(state.members.values(), subject) ?? findMember(state.former.values(), subject);
  const member = before?.member ?? draft.newId("member");
  const { card, role } = put;
  const names = { member, name: card.name, handle: handleFor(state, card.handle, member), role };
  draft.fact({
    kind: "member-joined",
    member:
      put.type === "user"
        ? { type: "user", user: put.card.user, ...names }
        : {
            type: "agent",
            agent: put.card.pin.agent,
            about: put.card.about,
            follow: put.follow,
            version: put.card.pin.version,
            pin: put.card.pin,
            ...names,
          },
    ...(by && { by: by.member }),
  });
}

/** A handle that no other member has. */
function handleFor({ members }: GroupState, wish: string, member: MemberId): string {
  const others = [...members.values()].filter((other) => other.member !== member);
  return freeHandle(new Set(others.map((other) => other.handle)), wish);
}

function isLastAdmin(state: GroupState, member: Member): boolean {
  if (member.type !== "user" || member.role !== "admin") return false;
  const admins = [...state.members.values()].filter(
    (each) => each.type === "user" && each.role === "admin",
  );
  return admins.length === 1;
}

function subjectOf(put: MemberPut): UserId | AgentId {
  return put.type === "user" ? put.card.user : put.card.pin.agent;
}
