// Work on a group's storage, read again while some of it goes on.
import { queryOptions } from "@tanstack/react-query";
import type { JobView } from "@acos/protocol";

import { api } from "../api.ts";

/** How often work that goes on is looked at: it moves thousands of events in a second. */
const LOOK_EVERY_MS = 1_000;

const goesOn = ({ state }: JobView): boolean => state === "running";

/** The newest work. `always`: look again even where none goes on. */
export function jobsQuery(group: string, always = false) {
  return queryOptions<readonly JobView[]>({
    queryKey: ["jobs", group],
    queryFn: async () => (await api.call("listJobs", { params: { id: group } })).items,
    refetchInterval: ({ state }) => (always || state.data?.some(goesOn) ? LOOK_EVERY_MS : false),
    staleTime: 0,
  });
}
