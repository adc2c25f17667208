// How far each member has read: no fact of the group's history, so it is a row and not an event.
import type { MemberId } from "@acos/protocol";

export class ReadMarks {
  readonly #sql: SqlStorage;
  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Moves a member's mark forward; it never goes back. */
  set(member: MemberId, upTo: number): void {
    this.#sql.exec(
      `INSERT INTO read_marks (member, seq) VALUES (?, ?)
       ON CONFLICT (member) DO UPDATE SET seq = max(seq, excluded.seq)`,
      member,
      upTo,
    );
  }
}
