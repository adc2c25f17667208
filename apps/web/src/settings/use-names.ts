// Names for the ids that settings tell of: oneself, the groups one sees and the org's agents.
import { useQuery } from "@tanstack/react-query";

import { agentsQuery, groupsQuery } from "../queries.ts";
import { useMe, useOrg } from "../use-org.ts";
import { words } from "../words.ts";

/** The name behind an id; the id itself where nobody here knows one. */
export type NameOf = (id: string) => string;

export function useNames(): NameOf {
  const { user } = useMe();
  const org = useOrg();
  const groups = useQuery(groupsQuery(org)).data ?? [];
  const agents = useQuery(agentsQuery(org)).data ?? [];
  const known = new Map<string, string>([
    [user.id, words.members.you],
    ...groups.map(({ id, name }) => [id, name] as const),
    ...agents.map(({ id, name }) => [id, name] as const),
  ]);
  return (id) => known.get(id) ?? id;
}
