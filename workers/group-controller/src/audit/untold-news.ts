// The news that the audit trail has not confirmed yet, read from the log itself: nothing is kept twice.
import {
  ProblemError,
  type EventOf,
  type GroupNews,
  type LogEvent,
  type MemberId,
  type RunId,
  type ToolCallId,
} from "@acos/protocol";
import { memberOf, type GroupState } from "@acos/group";

import { toEvent, type EventLog, type EventRow } from "../log/event-log.ts";
import { NEWS_KINDS, newsOf, type NewsRim } from "./audit-news.ts";

/** Word for word the condition of the index `events_of_news`, so that it is used. */
const IS_NEWS = `kind IN (${NEWS_KINDS.map((kind) => `'${kind}'`).join(", ")})`;
const UNTOLD = "seq > coalesce((SELECT max(seq) FROM audit_told), 0)";
/** Events told with one call. */
const PAGE_EVENTS = 100;

type Dispatched = EventOf<"tool-call-dispatched">;
type MadeCall = ReturnType<NewsRim["madeCall"]>;
/** Contract: all events of a run, however old; rejects with ProblemError where a part is damaged. */
type OldRun = (run: RunId) => Promise<readonly LogEvent[]>;

export interface UntoldPage {
  /** Rejects where cold storage does not answer. */
  readonly news: () => Promise<readonly GroupNews[]>;
  /** The seq up to which everything is told once these are. */
  readonly upTo: number;
}

export class UntoldNews {
  readonly #sql: SqlStorage;
  readonly #log: EventLog;
  readonly #oldRun: OldRun;

  constructor(sql: SqlStorage, log: EventLog, oldRun: OldRun) {
    this.#sql = sql;
    this.#log = log;
    this.#oldRun = oldRun;
  }

  /** The next news in order; null when there is none. */
  next(state: GroupState): UntoldPage | null {
    const events = this.#events(`${UNTOLD} ORDER BY seq LIMIT ${PAGE_EVENTS}`);
    const last = events.at(-1);
    if (!last || !state.group) return null;
    return { news: () => this.#newsIn(events, state), upTo: last.seq };
  }

  async #newsIn(events: readonly LogEvent[], state: GroupState): Promise<readonly GroupNews[]> {
    const made = new Map<ToolCallId, MadeCall>();
    for (const { event } of events)
      if (event.kind === "tool-call-dispatched")
        made.set(event.call, await this.#madeCall(event, state));
    const rim: NewsRim = {
      org: state.group!.org,
      whoIs: (member) => this.#whoIs(state, member),
      madeCall: ({ call }) => made.get(call) ?? null,
    };
    return events.flatMap((event) => newsOf(event, rim) ?? []);
  }

  /** The seq of the first news that is not told; null when all is. */
  first(): number | null {
    return this.#events(`${UNTOLD} ORDER BY seq LIMIT 1`)[0]?.seq ?? null;
  }

  /** Everything up to a seq is told. */
  settle(upTo: number): void {
    this.#sql.exec("DELETE FROM audit_told");
    this.#sql.exec("INSERT INTO audit_told (seq) VALUES (?)", upTo);
  }

  #whoIs(state: GroupState, member: MemberId): string {
    const known = memberOf(state, member);
    if (!known) return member;
    return known.type === "user" ? known.user : known.agent;
  }

  /** The call from where it is quickest found: the rows that are here, the run that is open, the history in R2. */
  async #madeCall(event: Dispatched, state: GroupState): Promise<MadeCall> {
    return (
      callIn(this.#log.ofRun(event.run), event) ??
      openCall(state, event) ??
      callIn(await this.#wholeRun(event.run), event)
    );
  }

  /** None where the part of the history is damaged: what cannot be known any more must not hold up the news that can. */
  async #wholeRun(run: RunId): Promise<readonly LogEvent[]> {
    try {
      return await this.#oldRun(run);
    } catch (error) {
      if (error instanceof ProblemError && error.problem.code === "storage_damaged") return [];
      throw error;
    }
  }

  #events(condition: string): readonly LogEvent[] {
    const text = `SELECT seq, at, body, message FROM events WHERE ${IS_NEWS} AND ${condition}`;
    const rows = this.#sql.exec<Pick<EventRow, keyof EventRow>>(text);
    return rows.toArray().map(toEvent);
  }
}

function callIn(run: readonly LogEvent[], { call }: Dispatched): MadeCall {
  const events = run.map(({ event }) => event);
  const queued = events.find((event) => event.kind === "run-queued");
  const made = events.find((event) => event.kind === "tool-call-made" && event.call === call);
  if (!queued || made?.kind !== "tool-call-made") return null;
  return { agent: queued.agent, tool: made.tool, effect: made.effect };
}

function openCall({ runs }: GroupState, { run, call }: Dispatched): MadeCall {
  const { pin, open } = runs.get(run) ?? {};
  const made = open?.calls.find((each) => each.call === call);
  return pin && made ? { agent: pin.agent, tool: made.tool, effect: made.effect } : null;
}
