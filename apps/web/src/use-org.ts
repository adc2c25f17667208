// Who is signed in, for everything below the signed-in layout, where it is known already.
import type { Me } from "@acos/protocol";
import { useSuspenseQuery } from "@tanstack/react-query";

import { meQuery, orgOf } from "./queries.ts";

export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

export function useOrg(): string {
  return orgOf(useMe());
}

/** Whether this person may manage the org: its secrets, providers and audit log. The server decides; this spares a refusal. */
export function useMayManage(): boolean {
  const { orgs } = useMe();
  const role = orgs[0]?.role;
  return role === "owner" || role === "admin";
}
