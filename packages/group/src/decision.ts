// A decision in the making: facts are added one by one, each folded at once, so that later facts see earlier ones.
import {
  problem,
  type ErrorCode,
  type GroupEvent,
  type LogEvent,
  type MemberId,
  type MessageId,
  type Part,
  type Problem,
  type RunId,
  type SummaryId,
  type ToolCallId,
  type UserId,
} from "@acos/protocol";

import { evolve } from "./evolve.ts";
import { idsFrom, type Given, type MakeId } from "./seeded-ids.ts";
import type { GroupState } from "./state.ts";

/** Work that facts call for, done after they are durable; its outcome comes back as a command. */
export type Effect =
  | {
      readonly kind: "brief";
      readonly run: RunId;
      readonly turn: number;
      readonly attempt: number;
      /** How long to wait first, in milliseconds. */
      readonly afterMs: number;
      /** The state at which the turn began: a briefing composed from it can be composed again from the log, to the byte. */
      readonly state: GroupState;
    }
  | {
      readonly kind: "call-tool";
      readonly run: RunId;
      readonly turn: number;
      readonly call: ToolCallId;
    }
  /** Ask what became of a call in a sandbox that was handed out by a process that is gone. It is not handed out again. */
  | {
      readonly kind: "follow-call";
      readonly run: RunId;
      readonly turn: number;
      readonly call: ToolCallId;
    }
  | { readonly kind: "abort"; readonly run: RunId }
  /** Have the summary made that the state waits for, after so many milliseconds: `composeSummaryRequest` says from what. */
  | { readonly kind: "summarize"; readonly summary: SummaryId; readonly afterMs: number }
  | { readonly kind: "close-sockets"; readonly user: UserId }
  | { readonly kind: "announce-name"; readonly name: string }
  | { readonly kind: "mark-read"; readonly member: MemberId; readonly upTo: number };

/** What was decided: the facts to append, the state after them, and the effects they call for. */
export interface Accepted {
  readonly ok: true;
  readonly events: readonly LogEvent[];
  readonly state: GroupState;
  readonly effects: readonly Effect[];
}
export interface Refused {
  readonly ok: false;
  readonly problem: Problem;
}
export type Decision = Accepted | Refused;

/** What an earlier message is, looked up in the log by the caller for commands that speak of one. */
export interface MessageFacts {
  readonly message: MessageId;
  readonly by: MemberId;
  readonly seq: number;
  readonly at: number;
  readonly redacted: boolean;
  readonly parts: readonly Part[];
}

export class DecisionDraft {
  readonly given: Given;
  readonly newId: MakeId;
  readonly #events: LogEvent[] = [];
  readonly #effects: Effect[] = [];
  #state: GroupState;

  constructor(state: GroupState, given: Given) {
    this.#state = state;
    this.given = given;
    this.newId = idsFrom(given);
  }

  get state(): GroupState {
    return this.#state;
  }

  /** Whether any fact was added yet. */
  get changed(): boolean {
    return this.#events.length > 0;
  }

  /** Adds a fact and folds it. */
  fact(event: GroupEvent): this {
    const placed = { seq: this.#state.head + 1, at: this.given.at, event };
    this.#state = evolve(this.#state, placed);
    this.#events.push(placed);
    return this;
  }

  effect(effect: Effect): this {
    this.#effects.push(effect);
    return this;
  }

  accept(): Accepted {
    return { ok: true, events: this.#events, state: this.#state, effects: this.#effects };
  }
}

/** A refusal with words for the person who gave the command. */
export function refuse(code: ErrorCode, message: string): Refused {
  return { ok: false, problem: problem(code, message) };
}
