// What the clients of a chaos run saw and what the public API says at the end: all that the checker may read.
import type {
  Command,
  GroupFrame,
  GroupView,
  JobView,
  LogEvent,
  MessageView,
  RunView,
} from "@acos/protocol";

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
  /** The name is the fork's own; an import has its bundle's. */
  | {
      readonly type: "copy-asked";
      readonly how: "fork" | "import";
      readonly name: string;
      readonly atSeq?: number;
    }
  | { readonly type: "copied"; readonly name: string; readonly group: string }
  | { readonly type: "frame"; readonly connection: string; readonly frame: GroupFrame };

export type History = readonly Entry[];

/** The public API after everything has come to rest, and what reached the service with effects. */
export interface Outcome {
  /** `GET …/events` from the beginning, page after page, as it came. */
  readonly log: readonly LogEvent[];
  readonly runs: readonly RunView[];
  readonly group: GroupView;
  readonly hits: readonly EffectHit[];
  /** `GET …/messages`, all pages, oldest first. */
  readonly messages: readonly MessageView[];
  readonly jobs: readonly JobView[];
  /** Words that messages hold, the seqs of those messages, and where a search for the word found it. */
  readonly finds: readonly {
    readonly token: string;
    readonly seq: number;
    readonly found: readonly number[];
  }[];
  /** Groups that are not the one itself, as the list of groups has them. */
  readonly copies: readonly {
    readonly group: string;
    readonly name: string;
    readonly how: "fork" | "import";
    readonly state: GroupView["state"];
    readonly log: readonly LogEvent[];
  }[];
  /** What reading all of this was refused with. */
  readonly refusals: readonly string[];
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
