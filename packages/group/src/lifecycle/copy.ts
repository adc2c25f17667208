// Copies: a fork or an import begins where another group's history ends, with its own id, members and pins.
import type {
  AgentCard,
  AgentId,
  AgentMember,
  GroupId,
  OrgId,
  SandboxId,
  UserCard,
  UserMember,
} from "@acos/protocol";

import type { Decision, DecisionDraft } from "../decision.ts";
import { findMember, freeHandle } from "../handles.ts";
import type { GroupState } from "../state.ts";

/** All events before are the origin's: from now on they are the history of this group. */
export interface Copy {
  readonly kind: "copy";
  readonly how: "fork" | "import";
  readonly from: { readonly group: GroupId; readonly name: string; readonly seq: number };
  readonly group: GroupId;
  readonly org: OrgId;
  readonly name: string;
  readonly creator: UserCard;
  /** Of an import: the agents by the id they had, with the card they have here. Null: all keep their pins. */
  readonly agents: readonly { readonly there: AgentId; readonly card: AgentCard }[] | null;
  /** Sandboxes of the origin whose newest snapshot the copy has, by their ids there and here. */
  readonly sandboxes: readonly { readonly from: SandboxId; readonly sandbox: SandboxId }[];
}

/** Begins the copy. Again for the same group: accepted, and changes nothing. */
export function decideCopy(draft: DecisionDraft, copy: Copy): Decision {
  const { state } = draft;
  const { how, from, group, org, name } = copy;
  if (state.group?.id === group) return draft.accept();
  const agents = agentsOf(state, copy.agents);
  const creator = creatorOf(draft, copy.creator, agents);
  for (const run of state.runs.keys()) draft.effect({ kind: "abort", run });
  return draft
    .fact({
      kind: "group-copied",
      how,
      from,
      group,
      org,
      name,
      creator,
      agents: [...agents],
      ...(copy.sandboxes.length > 0 && { sandboxes: [...copy.sandboxes] }),
    })
    .accept();
}

/** The agents of the origin as they are here: each once, those without a card not at all. */
function agentsOf(state: GroupState, cards: Copy["agents"]): readonly AgentMember[] {
  const agents = [...state.members.values()].filter((member) => member.type === "agent");
  if (cards === null) return agents;
  const here = new Map<AgentId, AgentMember>();
  const taken = new Set<string>();
  for (const agent of agents) {
    const card = cards.find(({ there }) => there === agent.agent)?.card;
    if (!card || here.has(card.pin.agent)) continue;
    const handle = freeHandle(taken, card.handle);
    taken.add(handle);
    const { name, about, pin } = card;
    here.set(pin.agent, {
      ...agent,
      agent: pin.agent,
      version: pin.version,
      name,
      handle,
      about,
      pin,
    });
  }
  return [...here.values()];
}

/** Who made the copy is its admin, under the id that this person had in the origin. */
function creatorOf(
  draft: DecisionDraft,
  { user, name, handle }: UserCard,
  agents: readonly AgentMember[],
): UserMember {
  const { members, former } = draft.state;
  const before = findMember(members.values(), user) ?? findMember(former.values(), user);
  const taken = new Set(agents.map((agent) => agent.handle));
  return {
    type: "user",
    member: before?.member ?? draft.newId("member"),
    user,
    name,
    handle: freeHandle(taken, handle),
    role: "admin",
  };
}
