// Tells groups of changed agents: works through the outbox until every group has the new pin, and says who could not be told.
import {
  ERRORS,
  makeId,
  problem,
  ProblemError,
  type AgentId,
  type Principal,
  type Result,
} from "@acos/protocol";

import type { ControlPlane } from "./control-plane.ts";
import { inParallel, tryGroup, type GroupStub } from "./group-calls.ts";
import { logWarning } from "./log.ts";
import { listOwed, settle, type OwedAdoption } from "./store/adoption-rows.ts";
import { readAgentState, type AgentState } from "./store/agent-cards.ts";

/** One request's share of the outbox: the platform allows 1,000 calls a request. */
const OWED_MAX = 200;
/** Times a group is asked to adopt before it stays in the outbox; each is two calls (group-calls.ts). */
const ATTEMPTS = 2;

/**
 * Tells every group that is owed news, of these agents or of any, and answers how many could not be told. What it cannot
 * deliver stays in the outbox for the next time.
 */
export async function deliverAdoptions(
  plane: ControlPlane,
  agents?: readonly AgentId[],
): Promise<number> {
  if (agents?.length === 0) return 0;
  const owed = await listOwed(plane.db, { ...(agents && { agents }), limit: OWED_MAX });
  // More than one share may be owed: the next occasion goes on.
  if (owed.length === OWED_MAX) plane.outbox.noteOwing();
  const states = new Map<string, Promise<AgentState | undefined>>();
  let failed = 0;
  await inParallel(owed, async (row) => {
    if (!(await deliver(plane, states, row))) failed += 1;
  });
  return failed;
}

/** Throws ProblemError `unavailable` when some groups do not know of a saved change yet. */
export async function requireDelivered(
  plane: ControlPlane,
  agents: readonly AgentId[],
): Promise<void> {
  const failed = await deliverAdoptions(plane, agents);
  if (failed === 0) return;
  plane.outbox.noteOwing();
  const words = `The change is saved, but ${failed} of its groups could not be told yet and may go on with the earlier version for now. They are told as soon as they answer.`;
  throw new ProblemError(problem("unavailable", words, { details: { groupsNotTold: failed } }));
}

async function deliver(
  plane: ControlPlane,
  states: Map<string, Promise<AgentState | undefined>>,
  owed: OwedAdoption,
): Promise<boolean> {
  const key = `${owed.agent}@${owed.version ?? "latest"}`;
  const reading = states.get(key) ?? readAgentState(plane.db, owed.agent, owed.version);
  states.set(key, reading);
  const state = await reading;
  const heard = state ? await tellGroup(plane, owed, state) : "told";
  // A copy that is on its way hears of it when it is there; nobody's change waits for that.
  if (heard === "copying") plane.outbox.noteOwing();
  if (heard !== "told") return heard === "copying";
  await settle(plane.db, { ...owed, revision: state?.card.pin.revision ?? owed.revision });
  return true;
}

async function tellGroup(
  plane: ControlPlane,
  owed: OwedAdoption,
  state: AgentState,
): Promise<"told" | "copying" | "silent"> {
  const at = { namespace: plane.groups, group: owed.group };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const result = await tryGroup<{ seq: number }>(at, (stub) => tell(stub, owed, state));
    if (result.ok) return "told";
    const { code } = result.problem;
    if (code === "conflict") return "copying";
    // A group that is gone, or refuses for good, would say the same next time.
    if (ERRORS[code].retry === "no") {
      logWarning("a group refused an agent's change", { group: owed.group, code });
      return "told";
    }
  }
  return "silent";
}

function tell(
  stub: GroupStub,
  owed: OwedAdoption,
  state: AgentState,
): Promise<Result<{ seq: number }>> {
  if (!state.deleted) return stub.adopt(state.card);
  return stub.removeMember(orgItself(owed), owed.agent);
}

/** Nobody's id: the Orchestrator acts for the org that owns both the agent and the group, not for a person. */
const NOBODY = makeId("user", 0, new Uint8Array(10));

function orgItself({ org }: OwedAdoption): Principal {
  return { user: NOBODY, name: "Organization", orgs: [{ id: org, role: "owner" }] };
}
