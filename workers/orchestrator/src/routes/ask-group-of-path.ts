// Operations that a group answers by itself: the path's group is asked as the caller, and a page backwards is read from the query.
import type { GroupControl, Result } from "@acos/protocol";

import type { ControlPlane } from "../control-plane.ts";
import { askGroup, principalOf, type GroupStub } from "../group-calls.ts";
import type { PageQuery } from "../rest/call.ts";
import { numberCursor } from "../rest/page.ts";
import type { Caller } from "../sign-in/caller.ts";
import { accessGroup } from "../store/access.ts";

type Asker = Parameters<GroupControl["view"]>[0];

interface OfGroup {
  readonly plane: ControlPlane;
  readonly caller: Caller;
  readonly params: { readonly id: string };
}

/** Asks the group that the path names. Throws ProblemError with its refusal, or `not_found` where the path names none. */
export function ask<T>(
  { plane, caller, params }: OfGroup,
  question: (stub: GroupStub, principal: Asker) => Promise<Result<T>>,
): Promise<T> {
  const at = { namespace: plane.groups, group: accessGroup(params.id) };
  return askGroup(at, (stub) => question(stub, principalOf(caller)));
}

/** A page of a list that is read from its end. Throws `invalid_request` for a cursor that is no number. */
export function backwards({ limit, before, cursor }: PageQuery): {
  limit: number;
  before?: number;
} {
  const from = numberCursor(cursor) ?? before;
  return from === undefined ? { limit } : { limit, before: from };
}
