// The stretch of the log a connection holds: every seq once, in order, no hole; and the view folded from it.
import type { LogEvent } from "@acos/protocol";

import { fold, refold } from "./fold.ts";
import { EMPTY_VIEW, type LocalView, type ViewInput, type Welcome } from "./local-view.ts";

export type Placement = "next" | "duplicate" | "hole";

export class EventLog {
  view: LocalView = EMPTY_VIEW;
  #events: LogEvent[] = [];
  #waiting: ViewInput[] = [];
  #welcome: Welcome | undefined;
  #last: number | undefined;

  /** `since`: the last seq the caller has already; the first event here must follow it. Undefined: begin anywhere. */
  constructor(since?: number) {
    this.#last = since;
  }

  /** Newest seq held, undefined while nothing is known. */
  get last(): number | undefined {
    return this.#last;
  }

  /** Oldest seq held, undefined while there is none. */
  get first(): number | undefined {
    return this.#events[0]?.seq;
  }

  /** Takes an event if it is the next one. It shows in the view after `settle`. */
  take(entry: LogEvent): Placement {
    const { seq, at, event } = entry;
    if (this.#last !== undefined && seq <= this.#last) return "duplicate";
    if (this.#last !== undefined && seq > this.#last + 1) return "hole";
    this.#last = seq;
    this.#events.push({ seq, at, event });
    this.#waiting.push({ type: "event", seq, at, event });
    return "next";
  }

  /** Takes a welcome or something that is not in the log. */
  note(input: ViewInput): void {
    if (input.type === "welcome") this.#welcome ??= input;
    this.#waiting.push(input);
  }

  /** Says that a group's log ends at `head`. False where events are missing up to there. */
  reached(head: number): boolean {
    this.#last ??= head;
    return this.#last >= head;
  }

  /** Folds what was taken since the last time. */
  settle(): void {
    if (this.#waiting.length === 0) return;
    this.view = fold(this.view, this.#waiting);
    this.#waiting = [];
  }

  /** Puts older events in front, those that directly precede what is held; others are passed over. */
  prepend(older: readonly LogEvent[]): void {
    const { first } = this;
    if (first === undefined || !this.#welcome) return;
    const fitting = older.filter((entry) => entry.seq < first);
    if (fitting.at(-1)?.seq !== first - 1) return;
    this.settle();
    this.#events = [...fitting, ...this.#events];
    this.view = refold(this.view, this.#welcome, this.#events);
  }
}
