// Which commands were done: the same id of the same giver is answered with the first seq and never done again.

export class CommandLog {
  readonly #sql: SqlStorage;
  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The seq a command was first answered with; null when it is new. */
  find(giver: string, id: string): number | null {
    const rows = this.#sql
      .exec<{ seq: number }>("SELECT seq FROM commands WHERE giver = ? AND id = ?", giver, id)
      .toArray();
    return rows[0]?.seq ?? null;
  }

  /** Remembers a command's answer. Call it inside the append's transaction only. */
  insert(giver: string, id: string, seq: number): void {
    this.#sql.exec("INSERT INTO commands (giver, id, seq) VALUES (?, ?, ?)", giver, id, seq);
  }
}
