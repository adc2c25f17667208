// The audit chain from its end: the head says where that is, and pages are read backwards from there.
import { infiniteQueryOptions } from "@tanstack/react-query";
import type { AuditEntryView, AuditHeadView } from "@acos/protocol";

import { api } from "../api.ts";

/** Entries a page: more than fit on a screen. */
const PAGE_ENTRIES = 50;

interface AuditPage {
  readonly head: AuditHeadView;
  /** Newest first. */
  readonly entries: readonly AuditEntryView[];
  /** The last seq of the page before in time; 0 where there is none. */
  readonly before: number;
}

export function auditQuery(org: string) {
  return infiniteQueryOptions({
    queryKey: ["audit", org],
    queryFn: ({ pageParam }) => readPage(org, pageParam),
    initialPageParam: undefined as
      | { readonly head: AuditHeadView; readonly last: number }
      | undefined,
    getNextPageParam: ({ head, before }) => (before > 0 ? { head, last: before } : undefined),
    // Whoever opens it wants what is there now.
    staleTime: 0,
  });
}

async function readPage(
  org: string,
  from: { readonly head: AuditHeadView; readonly last: number } | undefined,
): Promise<AuditPage> {
  const params = { org };
  const head = from?.head ?? (await api.call("getAuditHead", { params }));
  const last = from?.last ?? head.seq;
  const before = Math.max(0, last - PAGE_ENTRIES);
  // The list goes forward; its cursor is the seq after which it goes on.
  const query = { cursor: String(before), limit: PAGE_ENTRIES };
  const { items } = await api.call("listAuditEntries", { params, query });
  const entries = items.filter(({ seq }) => seq <= last || from === undefined).toReversed();
  return { head, entries, before };
}
