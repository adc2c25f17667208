// The ledgers of turns whose beginning is still in the object; older ones lie in the segments beside their events.
import type { LedgerRow } from "../archive/segment.ts";

export class LedgerTable {
  readonly #sql: SqlStorage;
  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Keeps a turn's ledger under the seq of its `turn-started`. */
  put({ seq, body }: LedgerRow): void {
    this.#sql.exec("INSERT OR REPLACE INTO ledger (seq, body) VALUES (?, ?)", seq, body);
  }

  find(seq: number): string | null {
    const query = "SELECT body FROM ledger WHERE seq = ?";
    return this.#sql.exec<{ body: string }>(query, seq).toArray()[0]?.body ?? null;
  }

  /** Ledgers of turns that began at a seq or before, in order. */
  upTo(seq: number): readonly LedgerRow[] {
    const query = "SELECT seq, body FROM ledger WHERE seq <= ? ORDER BY seq";
    return this.#sql.exec<{ seq: number; body: string }>(query, seq).toArray();
  }

  /** Takes away what a segment has taken over. Call it inside a transaction. */
  dropUpTo(seq: number): void {
    this.#sql.exec("DELETE FROM ledger WHERE seq <= ?", seq);
  }
}
