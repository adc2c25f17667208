// Builders for tests of search and copies: logs of any length, the same for the same seed, and a search source over them.
import { EMPTY_STATE, evolve, type GroupState } from "@acos/group";
import {
  makeId,
  policySchema,
  type GroupEvent,
  type IdKind,
  type LogEvent,
  type MemberId,
  type MessageId,
} from "@acos/protocol";

import { filterOf } from "../src/recall/message-text.ts";
import type { ChangedMessage, SearchSource, SegmentRange } from "../src/recall/search-source.ts";
import { TermFilter } from "../src/recall/term-filter.ts";

export const LOG_BEGIN = Date.UTC(2026, 0, 5, 9, 0);

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An id that says which one it is: the number is its random part. */
export function idOf<K extends IdKind>(kind: K, number: number): ReturnType<typeof makeId<K>> {
  const bytes = new Uint8Array(10);
  new DataView(bytes.buffer).setUint32(6, number);
  return makeId(kind, LOG_BEGIN, bytes);
}

export const ADA = idOf("member", 1);
export const BOB = idOf("member", 2);
export const AUTHORS = new Map([
  [ADA, { name: "Ada Lovelace", handle: "ada" }],
  [BOB, { name: "Bob", handle: "bob" }],
]);

/** A log under construction: events get their seq and a minute each. */
export class LongLog {
  readonly events: LogEvent[] = [];
  state: GroupState = EMPTY_STATE;

  constructor(name = "Petrel") {
    this.add({
      kind: "group-created",
      group: idOf("group", 1),
      org: idOf("org", 1),
      name,
      policy: {
        wake: "mentions",
        agents: { wake: "bounded", rounds: 2, cooldownMs: 15_000, pairMentions: 3, chainDepth: 6 },
        briefingTokens: 32_000,
        sandboxes: policySchema.parse({}).sandboxes,
      },
    });
  }

  add(event: GroupEvent): number {
    const seq = this.events.length + 1;
    this.events.push({ seq, at: LOG_BEGIN + seq * 60_000, event });
    return seq;
  }

  say(text: string, by: MemberId = ADA): MessageId {
    const message = idOf("message", this.events.length + 1);
    this.add({
      kind: "message-posted",
      message,
      by,
      parts: [{ type: "text", text }],
      mentions: [],
    });
    return message;
  }

  edit(message: MessageId, text: string, by: MemberId = ADA): void {
    this.add({
      kind: "message-edited",
      message,
      by,
      parts: [{ type: "text", text }],
      mentions: [],
    });
  }

  withdraw(message: MessageId, by: MemberId = ADA): void {
    this.add({ kind: "message-redacted", message, by });
  }

  folded(): GroupState {
    return this.events.reduce(evolve, EMPTY_STATE);
  }
}

export interface CountingSource extends SearchSource {
  readonly reads: { events: number };
}

/** A search source over a log: segments of `size` events, the newest `hot` events in none. */
export function sourceOf(events: readonly LogEvent[], size: number, hot: number): CountingSource {
  const parts = new Map<string, readonly LogEvent[]>();
  let from = 0;
  while (events.length - from >= hot + size) {
    parts.set(`segment-${from + 1}`, events.slice(from, from + size));
    from += size;
  }
  const segments = [...parts].map(([id, some]): SegmentRange => ({
    id,
    from: some[0]!.seq,
    to: some.at(-1)!.seq,
  }));
  const filters = new Map<string, Promise<TermFilter>>();
  const filterFor = async (id: string) =>
    TermFilter.parse((await filterOf(parts.get(id)!)).toBytes());
  const changed = changedOutside(events, size, from);
  const reads = { events: 0 };
  return {
    reads,
    segments: () => segments,
    filter: ({ id }) => {
      const filter = filters.get(id) ?? filterFor(id);
      filters.set(id, filter);
      return filter;
    },
    events: async ({ id }) => {
      reads.events += 1;
      return parts.get(id)!;
    },
    hot: () => events.slice(from),
    changed: () => changed,
    author: (member) => AUTHORS.get(member) ?? { name: member, handle: member },
  };
}

/** Messages of segments that were edited or withdrawn outside of their segment. */
function changedOutside(
  events: readonly LogEvent[],
  size: number,
  hotFrom: number,
): Map<MessageId, ChangedMessage> {
  const posted = new Map<MessageId, LogEvent>();
  const changed = new Map<MessageId, ChangedMessage>();
  for (const placed of events) {
    const { event } = placed;
    if (event.kind === "message-posted") posted.set(event.message, placed);
    if (event.kind !== "message-edited" && event.kind !== "message-redacted") continue;
    const { seq, at } = posted.get(event.message)!;
    const stretch = (of: number) => (of > hotFrom ? -1 : Math.floor((of - 1) / size));
    if (seq > hotFrom || (stretch(seq) === stretch(placed.seq) && !changed.has(event.message)))
      continue;
    const text =
      event.kind === "message-edited" ? event.parts.map((part) => part.text).join("") : null;
    changed.set(event.message, text === null ? null : { seq, at, by: event.by, text });
  }
  return changed;
}
