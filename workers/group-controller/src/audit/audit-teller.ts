// Tells the audit trail what happened here, at least once: a crash or an Orchestrator that is down delays it, no more.
//
//   appended ─▶ owing, alarm set ─▶ told ─▶ confirmed, mark moved ─▶ nothing owed
//                  ▲                  └─ failed ─▶ alarm set again
//                  └─ woken: owing, until the log has been looked at
import type { GroupState } from "@acos/group";
import type { AuditTrailControl, LogEvent } from "@acos/protocol";

import { NEWS_KINDS } from "./audit-news.ts";
import type { UntoldNews } from "./untold-news.ts";

export interface TellerRim {
  readonly trail: AuditTrailControl;
  readonly untold: UntoldNews;
  readonly state: () => GroupState;
  /** Contract: `tell` is called again before long, in this process or the next. */
  readonly tryAgain: () => void;
}

const NEWS: ReadonlySet<string> = new Set(NEWS_KINDS);

export class AuditTeller {
  readonly #rim: TellerRim;
  #owing = true;
  #telling: Promise<void> | null = null;

  constructor(rim: TellerRim) {
    this.#rim = rim;
  }

  /** Notes what was appended. True when some of it is news, and `tell` is to be called. */
  take(events: readonly LogEvent[]): boolean {
    const isNews = events.some(({ event }) => NEWS.has(event.kind));
    if (isNews) {
      this.#owing = true;
      this.#rim.tryAgain();
    }
    return isNews;
  }

  /** Whether there may be news that is not told. */
  get isOwing(): boolean {
    return this.#owing;
  }

  /** Tells what is owed, in order, and resolves when there is nothing left or the trail did not answer. Never throws. */
  tell(): Promise<void> {
    if (!this.#telling && this.#owing) this.#telling = this.#tellAll();
    return this.#telling ?? Promise.resolve();
  }

  async #tellAll(): Promise<void> {
    const { trail, untold, state, tryAgain } = this.#rim;
    // Not over before its promise is kept: what is taken meanwhile belongs to this telling.
    await Promise.resolve();
    try {
      while (this.#owing) {
        const page = untold.next(state());
        this.#owing = page !== null;
        const { group } = state();
        if (!page || !group) continue;
        const news = await page.news();
        if (news.length > 0) await trail.record({ group: group.id, org: group.org }, news);
        untold.settle(page.upTo);
      }
    } catch {
      // The Orchestrator says in its own log why it did not take them, or R2 is silent; they stay owed.
      tryAgain();
    } finally {
      this.#telling = null;
    }
  }
}
