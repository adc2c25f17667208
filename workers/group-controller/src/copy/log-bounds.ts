// What a whole log may come to: folding somebody else's events must not grow a state that no group of ours could have.
import {
  MEMBERS_MAX,
  PINS_MAX,
  RUN_QUEUE_MAX,
  type GroupEvent,
  type GroupId,
  type RunId,
} from "@acos/protocol";

/** Members that came and went are remembered by name. */
const MEMBERS_EVER_MAX = 5_000;
/** Runs that have not ended: every agent's queue full. */
const OPEN_RUNS_MAX = MEMBERS_MAX * (RUN_QUEUE_MAX + 1);
/** Events of one run: hundreds of turns full of tool calls. */
const RUN_EVENTS_MAX = 20_000;
/** Messages pinned and excluded at one time. */
const RULES_MAX = 2 * PINS_MAX;

/** Follows a log event by event and says what no group of ours would have done. */
export class LogBounds {
  readonly #members = new Set<string>();
  readonly #runs = new Map<RunId, number>();
  readonly #rules = new Set<string>();
  #group: GroupId | null = null;
  /** A run has more events than any. */
  #isEndless = false;

  /** The group whose log it is: the last one that it says it is. */
  get group(): GroupId | null {
    return this.#group;
  }

  /** Why the event cannot follow those before; null where it can. */
  add(event: GroupEvent): string | null {
    if (event.kind === "group-created") {
      if (this.#group) return "makes a group in the middle of its log";
      this.#group = event.group;
    } else if (!this.#group) return "comes before the group is made";
    else if (event.kind === "group-copied") {
      this.#group = event.group;
      // A copy begins with its creator and agents: nothing before it is open any more.
      this.#runs.clear();
    } else if (event.kind === "member-joined") this.#members.add(event.member.member);
    else if (event.kind === "briefing-rule-set") this.#rule(event);
    else if ("run" in event && event.run) this.#run(event.kind, event.run);
    return this.#tooMuch();
  }

  #rule({ message, rule }: Extract<GroupEvent, { kind: "briefing-rule-set" }>): void {
    if (rule === "normal") this.#rules.delete(message);
    else this.#rules.add(message);
  }

  #run(kind: GroupEvent["kind"], run: RunId): void {
    const events = this.#runs.get(run);
    if (kind === "run-ended") this.#runs.delete(run);
    else if (kind === "run-queued") this.#runs.set(run, (events ?? 0) + 1);
    else if (events !== undefined) this.#runs.set(run, events + 1);
    if (events !== undefined && events >= RUN_EVENTS_MAX) this.#isEndless = true;
  }

  #tooMuch(): string | null {
    if (this.#members.size > MEMBERS_EVER_MAX)
      return "brings in more members than a group can have";
    if (this.#runs.size > OPEN_RUNS_MAX) return "opens more runs than a group can have";
    if (this.#isEndless) return "belongs to a run that is longer than any";
    return this.#rules.size > RULES_MAX ? "pins or excludes more messages than a group can" : null;
  }
}
