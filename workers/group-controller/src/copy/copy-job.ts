// Making a group out of another one's events, page by page; the copy's own log says how far it has come.
//
//   head < upTo ──page, take──▶ head grows ──▶ head = upTo ──finish──▶ head > upTo: done
//        └── the source refuses or has a hole: failed          (after a crash: the same, from wherever head is)
import { ERRORS, problem, ProblemError, type LogEvent, type Problem } from "@acos/protocol";

/** What one step may take before it lets others have their turn: an object answers nobody while it folds. */
const COPY_STEP_MS = 5_000;

export interface CopyPort {
  /** The last event that the copy has, durably. */
  head(): number;
  /**
   * Events of the source after a seq, in order, at least one while there are any. Contract: may be asked for the same page
   * again; rejects with ProblemError where the source refuses or is damaged.
   */
  page(after: number): Promise<readonly LogEvent[]>;
  /** Contract: appends and folds all of them in one transaction, or throws: RangeError where one does not follow. */
  take(events: readonly LogEvent[]): void;
  /** Brings over what lies beside the log. Contract: may be done again; rejects with ProblemError as `page` does. */
  prepare(): Promise<void>;
  /** Contract: appends what makes the copy a group of its own, in one transaction, past the last event of the source. */
  finish(): void;
  /** Told after every page. Contract: may be told the same again. */
  progress(done: number, total: number): void;
  /** Milliseconds since the epoch. */
  now(): number;
}

export type CopyOutcome =
  | { readonly state: "done" }
  /** Its time is up, or the source could not answer just now (`problem`): call again, after a pause in that case. */
  | { readonly state: "again"; readonly problem: Problem | null }
  | { readonly state: "failed"; readonly problem: Problem };

/**
 * Goes on with a copy up to and with the event `upTo`, for about `stepMs` and at least one page. Every call begins where
 * the copy's log ends, so a crash at any place costs one page at most. It never takes an event past `upTo`, and finishes
 * once. What the port throws other than a Problem or a RangeError goes through.
 */
export async function stepCopy(
  port: CopyPort,
  upTo: number,
  stepMs = COPY_STEP_MS,
): Promise<CopyOutcome> {
  const begun = port.now();
  try {
    while (port.head() < upTo) {
      const after = port.head();
      port.take(following(await port.page(after), after, upTo));
      port.progress(port.head(), upTo);
      if (port.head() < upTo && port.now() - begun >= stepMs)
        return { state: "again", problem: null };
    }
    // Past `upTo` lies what finishing appends: then it was done before a crash.
    if (port.head() === upTo) {
      await port.prepare();
      port.finish();
    }
    return { state: "done" };
  } catch (error) {
    return outcomeOf(error);
  }
}

/** The events of a page that are to be taken. Throws ProblemError for a source that has fewer events, or not the next. */
function following(page: readonly LogEvent[], after: number, upTo: number): readonly LogEvent[] {
  const events = page.filter(({ seq }) => seq <= upTo);
  if (events.length === 0)
    throw damaged(`the group to copy ends at event ${after}; ${upTo} were asked for`);
  for (const [index, { seq }] of events.entries())
    if (seq !== after + 1 + index)
      throw damaged(`event ${after + 1 + index} of the group to copy is missing`);
  return events;
}

function damaged(why: string): ProblemError {
  return new ProblemError(problem("storage_damaged", `The copy cannot be made: ${why}.`));
}

function outcomeOf(error: unknown): CopyOutcome {
  if (error instanceof RangeError) return outcomeOf(damaged(error.message));
  if (!(error instanceof ProblemError)) throw error;
  const state = ERRORS[error.problem.code].retry === "no" ? "failed" : "again";
  return { state, problem: error.problem };
}
