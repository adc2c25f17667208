// What the clients of a chaos run saw and what the public API says at the end: all that the checker may read.
import type { Command, GroupFrame, GroupView, LogEvent, RunView } from "@acos/protocol";

import type { EffectHit } from "../effect-server.ts";

/** One thing that happened at a client. Their order in the list is the order in which the test process saw them. */
export type Entry =
  | {
      readonly type: "sent";
      readonly client: string;
      readonly id: string;
      readonly command: Command;
      /** The word that only this message holds. */
      readonly token?: string;
    }
  | {
      readonly type: "acked";
      readonly client: string;
      readonly id: string;
      readonly seq: number;
      readonly via: "socket" | "rest";
    }
  | {
      readonly type: "refused";
      readonly client: string;
      readonly id: string;
      readonly code: string;
    }
  | {
      readonly type: "opened";
      readonly client: string;
      readonly connection: string;
      /** What its hello asked for; absent = the newest events. */
      readonly since?: number;
    }
  | { readonly type: "frame"; readonly connection: string; readonly frame: GroupFrame };

export type History = readonly Entry[];

/** The public API after everything has come to rest, and what reached the service with effects. */
export interface Outcome {
  /** `GET …/events` from the beginning, page after page, as it came. */
  readonly log: readonly LogEvent[];
  readonly runs: readonly RunView[];
  readonly group: GroupView;
  readonly hits: readonly EffectHit[];
}

/** A broken promise: the rule of SPEC.md and what was seen. */
export interface Violation {
  readonly rule: string;
  readonly text: string;
}

export type EntryOf<T extends Entry["type"]> = Extract<Entry, { type: T }>;

/** The entries of one type, in order. */
export function entriesOf<T extends Entry["type"]>(history: History, type: T): EntryOf<T>[] {
  return history.filter((entry): entry is EntryOf<T> => entry.type === type);
}

/** Groups values by a key, keeping their order. */
export function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}

/** JSON with sorted members: two values are the same on the wire exactly when these texts are. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, held: unknown) =>
    held !== null && typeof held === "object" && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : held,
  );
}
