// Makes a group from what was noted down in D1: cards read after the subscriptions, then the group told, then listed.
import {
  problem,
  ProblemError,
  type AgentCard,
  type GroupId,
  type GroupView,
  type UserCard,
  type UserId,
} from "@acos/protocol";

import type { ControlPlane } from "./control-plane.ts";
import { askGroup } from "./group-calls.ts";
import { readAgentState } from "./store/agent-cards.ts";
import { readDraft, setGroupState, type GroupDraft } from "./store/group-rows.ts";

/** A user as a group introduces them; the handle is a wish. */
export function userCardOf(user: UserId, name: string): UserCard {
  return { user, name, handle: handleOf(name, "member") };
}

const HANDLE_MAX_CHARS = 32;

/** A handle made of a name: letters without their accents, digits, single hyphens; `otherwise` where nothing is left. */
export function handleOf(name: string, otherwise: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, HANDLE_MAX_CHARS)
    .replace(/^-+|-+$/g, "");
  return plain === "" ? otherwise : plain;
}

/**
 * Tells the object of a noted-down group to be it, then lists the group. Repeatable: a group that exists already answers
 * the same. Throws ProblemError; the row then stays unlisted.
 */
export async function makeGroup(
  plane: ControlPlane,
  group: GroupId,
  creatorName: string,
): Promise<GroupView> {
  const draft = await readDraft(plane.db, group);
  if (!draft) throw new ProblemError(problem("not_found", "There is no such group."));
  const view = await askGroup({ namespace: plane.groups, group }, async (stub) =>
    stub.createGroup({
      group,
      org: draft.org,
      name: draft.name,
      policy: draft.policy,
      creator: userCardOf(draft.by, creatorName),
      agents: await cardsOf(plane, draft),
    }),
  );
  await setGroupState(plane.db, group, "ready");
  return view;
}

async function cardsOf(
  plane: ControlPlane,
  { agents }: GroupDraft,
): Promise<{ card: AgentCard; follow: "latest" | "pinned" }[]> {
  const states = await Promise.all(
    agents.map(async ({ agent, version }) => ({
      state: await readAgentState(plane.db, agent, version),
      follow: version === null ? ("latest" as const) : ("pinned" as const),
    })),
  );
  return states.flatMap(({ state, follow }) =>
    state && !state.deleted ? [{ card: state.card, follow }] : [],
  );
}
