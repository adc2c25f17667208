// Work on the group's storage, a row a job: what is under way goes on after a crash, what is over can be looked at.
import { makeId, type JobId, type JobKind, type JobView, type Problem } from "@acos/protocol";

/** Jobs that are kept for looking at. */
const KEPT_JOBS = 200;

interface Row extends Record<string, SqlStorageValue> {
  job: string;
  kind: string;
  state: string;
  step: string;
  done: number;
  total: number;
  started_at: number;
  ended_at: number | null;
  problem: string | null;
}

export class JobLog {
  readonly #sql: SqlStorage;
  readonly #now: () => number;

  constructor(sql: SqlStorage, now: () => number) {
    this.#sql = sql;
    this.#now = now;
  }

  /** Notes that a job begins; one of its kind that is under way goes on under its own id. */
  begin(kind: JobKind, step: string, total = 0): JobId {
    const open = this.open(kind);
    if (open) return open;
    const now = this.#now();
    const job = makeId("job", now, crypto.getRandomValues(new Uint8Array(10)));
    this.#sql.exec(
      "INSERT INTO jobs (job, kind, state, step, done, total, started_at) VALUES (?, ?, 'running', ?, 0, ?, ?)",
      job,
      kind,
      step,
      total,
      now,
    );
    this.#sql.exec(
      "DELETE FROM jobs WHERE state <> 'running' AND job NOT IN (SELECT job FROM jobs ORDER BY job DESC LIMIT ?)",
      KEPT_JOBS,
    );
    return job;
  }

  /** The job of a kind that is under way. */
  open(kind: JobKind): JobId | null {
    const query = "SELECT job FROM jobs WHERE kind = ? AND state = 'running'";
    const [row] = this.#sql.exec<{ job: string }>(query, kind).toArray();
    return row ? (row.job as JobId) : null;
  }

  step(job: JobId, step: string, done = 0): void {
    this.#sql.exec("UPDATE jobs SET step = ?, done = ? WHERE job = ?", step, done, job);
  }

  end(job: JobId, failure: Problem | null = null): void {
    this.#sql.exec(
      "UPDATE jobs SET state = ?, ended_at = ?, problem = ?, done = CASE WHEN ? IS NULL THEN max(done, total) ELSE done END WHERE job = ?",
      failure ? "failed" : "done",
      this.#now(),
      failure && JSON.stringify(failure),
      failure && "",
      job,
    );
  }

  /** Jobs newest first; `before` is the rank to go on from. */
  list({ before = 0, limit }: { before?: number; limit: number }): readonly JobView[] {
    const query = "SELECT * FROM jobs ORDER BY job DESC LIMIT ? OFFSET ?";
    return this.#sql.exec<Row>(query, limit, before).toArray().map(viewOf);
  }

  /** Rows as a snapshot carries them. */
  rows(): readonly Row[] {
    return this.#sql.exec<Row>("SELECT * FROM jobs ORDER BY job").toArray();
  }
}

function viewOf(row: Row): JobView {
  const time = (at: number): string => new Date(at).toISOString();
  return {
    job: row.job as JobId,
    kind: row.kind as JobKind,
    state: row.state as JobView["state"],
    step: row.step,
    done: row.done,
    total: row.total,
    startedAt: time(row.started_at),
    ...(row.ended_at !== null && { endedAt: time(row.ended_at) }),
    ...(row.problem !== null && { problem: JSON.parse(row.problem) as Problem }),
  };
}
