// What a search reads of a group, and what it answers.
import type { LogEvent, MemberId, MessageId, SearchHit } from "@acos/protocol";

import type { TermFilter } from "./term-filter.ts";

/** A segment of the log: its first and last seq, and its name in storage. */
export interface SegmentRange {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

/** A message of a segment that an event outside of that segment edited, as it is now; `seq` and `at` are its posting's. */
export interface EditedMessage {
  readonly seq: number;
  readonly at: number;
  readonly by: MemberId;
  readonly text: string;
}

/** Null where it is not to be found: withdrawn, for one. */
export type ChangedMessage = EditedMessage | null;

export interface AuthorName {
  readonly name: string;
  readonly handle: string;
}

/**
 * Contract: `segments`, `hot` and `changed` are asked for once, together, before anything is awaited, so they are of one
 * moment; segments that were named stay readable while a search goes on. What rejects ends the search with that error.
 */
export interface SearchSource {
  /** Oldest first. */
  segments(): readonly SegmentRange[];
  /** As `filterOf` made it from the segment's events. */
  filter(segment: SegmentRange): Promise<TermFilter>;
  events(segment: SegmentRange): Promise<readonly LogEvent[]>;
  /** The events that lie in no segment, in order. */
  hot(): readonly LogEvent[];
  changed(): ReadonlyMap<MessageId, ChangedMessage>;
  /** Also of members who left. */
  author(member: MemberId): AuthorName;
}

export interface SearchPage {
  readonly q: string;
  /** Where the page begins: a hit's place in the whole answer, the best is 0. */
  readonly cursor: number;
  readonly limit: number;
}

export interface SearchAnswer {
  readonly hits: readonly SearchHit[];
  /** The cursor of the next page; null at the end. */
  readonly nextCursor: string | null;
  /** Segments that may hold more and were not read, because one search reads so many at most. */
  readonly unread: number;
}

/** A log as it was when a search began. */
export interface LogMoment {
  readonly segments: readonly SegmentRange[];
  readonly hot: readonly LogEvent[];
  readonly changed: ReadonlyMap<MessageId, ChangedMessage>;
}
