// Summaries of a group, newest first.
import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";

import { api } from "../api.ts";

/** Versions of a page: the current one and some before. */
const PAGE_SUMMARIES = 10;

/** `version`: the newest one known, so that a newer one is asked for as soon as it is heard of. */
export function summariesQuery(group: string, version: number) {
  return infiniteQueryOptions({
    queryKey: ["summaries", group, version],
    queryFn: ({ pageParam: cursor }) =>
      api.call("listSummaries", {
        params: { id: group },
        query: { limit: PAGE_SUMMARIES, cursor },
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    // What was there stays to be read until the newer one has come.
    placeholderData: keepPreviousData,
  });
}
