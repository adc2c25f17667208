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
