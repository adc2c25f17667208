// Messages around one that is not held here, by the page in both directions. A list of messages is entered only from
// above (`before`), so a page of newer ones asks for a window of as many seqs as it takes messages: none can be missed.
import { infiniteQueryOptions } from "@tanstack/react-query";
import type { MessageView } from "@acos/protocol";

import { api } from "../api.ts";

/** Messages of a page, and so seqs of a window of newer ones. */
export const PAGE_MESSAGES = 50;
/** Windows without any message that are passed over at once: long tool work between two things said. */
const EMPTY_WINDOWS_MAX = 8;

export interface PastPage {
  /** In seq order. */
  readonly messages: readonly MessageView[];
  /** Seqs that the page answers for, both included. */
  readonly from: number;
  readonly to: number;
}

/** Where a page begins. */
export type PastFrom =
  | { readonly around: number }
  | { readonly before: number }
  | { readonly after: number; readonly head: number };

/** Pages around a seq; `head` says where the log ends now. */
export function pastQuery(group: string, seq: number, head: () => number) {
  const around: PastFrom = { around: seq };
  return infiniteQueryOptions({
    queryKey: ["past", group, seq],
    queryFn: ({ pageParam }: { pageParam: PastFrom }) =>
      readPage((before) => listBefore(group, before), pageParam, head()),
    initialPageParam: around,
    getPreviousPageParam: ({ from }): PastFrom | undefined =>
      from > 1 ? { before: from } : undefined,
    getNextPageParam: ({ to }): PastFrom | undefined =>
      to < head() ? { after: to, head: head() } : undefined,
    staleTime: 0,
  });
}

/** Lists messages before a seq, the newest ones, in seq order: at most PAGE_MESSAGES. */
type ListBefore = (before: number) => Promise<readonly MessageView[]>;

/** Reads a page. `head` says where the log ends. */
export async function readPage(list: ListBefore, from: PastFrom, head: number): Promise<PastPage> {
  if ("before" in from) return readOlder(list, from.before);
  if ("after" in from) return readNewer(list, from.after, from.head);
  const older = await readOlder(list, from.around + 1);
  const newer = await readNewer(list, from.around, Math.max(head, from.around));
  return { messages: [...older.messages, ...newer.messages], from: older.from, to: newer.to };
}

async function readOlder(list: ListBefore, before: number): Promise<PastPage> {
  const messages = await list(before);
  const [first] = messages;
  const whole = messages.length < PAGE_MESSAGES;
  return { messages, from: whole || !first ? 1 : first.seq, to: before - 1 };
}

async function readNewer(list: ListBefore, after: number, head: number): Promise<PastPage> {
  let to = after;
  for (let windows = 0; windows < EMPTY_WINDOWS_MAX && to < head; windows += 1) {
    const from = to;
    to = Math.min(from + PAGE_MESSAGES, head);
    const messages = (await list(to + 1)).filter(({ seq }) => seq > from);
    if (messages.length > 0) return { messages, from: after + 1, to };
  }
  return { messages: [], from: after + 1, to };
}

async function listBefore(group: string, before: number): Promise<readonly MessageView[]> {
  const query = { before, limit: PAGE_MESSAGES };
  return (await api.call("listMessages", { params: { id: group }, query })).items;
}
