// Who may touch what: one function per kind of object. Unknown and forbidden answer alike.
import { isId, problem, ProblemError, type GroupId, type OrgId } from "@acos/protocol";

import { orgRoleOf } from "../sign-in/authenticate.ts";
import type { Caller } from "../sign-in/caller.ts";
import { readAgentState, type AgentState } from "./agent-cards.ts";
import type { Database } from "./database.ts";

/** `manage` is for owners and admins of the org: model providers and their keys. */
export type OrgRight = "use" | "manage";

/** The org a path names. Throws `not_found` for an outsider, `forbidden` for a member who may not manage. */
export function accessOrg(caller: Caller, id: string, right: OrgRight = "use"): OrgId {
  const role = isId("org", id) ? orgRoleOf(caller, id) : undefined;
  if (role === undefined) throw notFound("organization");
  if (right === "manage" && role === "member") {
    const words = "Only owners and admins of the organization may do this. Ask one of them.";
    throw new ProblemError(problem("forbidden", words));
  }
  return id as OrgId;
}

/** The agent a path names, at its latest version. Throws `not_found` unless the caller is in its org and it lives. */
export async function accessAgent(db: Database, caller: Caller, id: string): Promise<AgentState> {
  const state = isId("agent", id) ? await readAgentState(db, id) : undefined;
  if (!state || state.deleted || orgRoleOf(caller, state.org) === undefined)
    throw notFound("agent");
  return state;
}

/** The group a path names, by its form alone: the group itself decides who may see and change it. */
export function accessGroup(id: string): GroupId {
  if (!isId("group", id)) throw notFound("group");
  return id;
}

/** ProblemError `not_found`, in the same words whether the thing is unknown or somebody else's. */
export function notFound(what: string): ProblemError {
  return new ProblemError(
    problem("not_found", `There is no such ${what}, or you have no access to it.`),
  );
}
