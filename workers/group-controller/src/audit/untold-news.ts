// The news that the audit trail has not confirmed yet, read from the log itself: nothing is kept twice.
import type { EventOf, GroupNews, LogEvent, MemberId } from "@acos/protocol";
import { memberOf, type GroupState } from "@acos/group";

import { toEvent, type EventLog, type EventRow } from "../log/event-log.ts";
import { NEWS_KINDS, newsOf, type NewsRim } from "./audit-news.ts";

/** Word for word the condition of the index `events_of_news`, so that it is used. */
const IS_NEWS = `kind IN (${NEWS_KINDS.map((kind) => `'${kind}'`).join(", ")})`;
const UNTOLD = "seq > coalesce((SELECT max(seq) FROM audit_told), 0)";
/** Events told with one call. */
const PAGE_EVENTS = 100;

export interface UntoldPage {
  readonly news: readonly GroupNews[];
  /** The seq up to which everything is told once these are. */
  readonly upTo: number;
}

export class UntoldNews {
  readonly #sql: SqlStorage;
  readonly #log: EventLog;

  constructor(sql: SqlStorage, log: EventLog) {
    this.#sql = sql;
    this.#log = log;
  }

  /** The next news in order; null when there is none. */
  next(state: GroupState): UntoldPage | null {
    const events = this.#events(`${UNTOLD} ORDER BY seq LIMIT ${PAGE_EVENTS}`);
    const last = events.at(-1);
    if (!last || !state.group) return null;
    const rim: NewsRim = {
      org: state.group.org,
      whoIs: (member) => this.#whoIs(state, member),
      madeCall: (event) => this.#madeCall(event),
    };
    return { news: events.flatMap((event) => newsOf(event, rim) ?? []), upTo: last.seq };
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

  #madeCall({ run, call }: EventOf<"tool-call-dispatched">): ReturnType<NewsRim["madeCall"]> {
    const events = this.#log.ofRun(run).map(({ event }) => event);
    const queued = events.find((event) => event.kind === "run-queued");
    const made = events.find((event) => event.kind === "tool-call-made" && event.call === call);
    if (!queued || made?.kind !== "tool-call-made") return null;
    return { agent: queued.agent, tool: made.tool, effect: made.effect };
  }

  #events(condition: string): readonly LogEvent[] {
    const text = `SELECT seq, at, body, message FROM events WHERE ${IS_NEWS} AND ${condition}`;
    const rows = this.#sql.exec<Pick<EventRow, keyof EventRow>>(text);
    return rows.toArray().map(toEvent);
  }
}
