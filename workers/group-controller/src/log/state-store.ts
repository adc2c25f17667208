// The folded state at some seq, a row a part: what makes waking as quick for a million events as for ten.
import { partsOf, stateOf, type GroupState, type StateParts } from "@acos/group";

/** Events between two snapshots: folding them takes about a millisecond on wake, writing fewer costs more rows. */
const SNAPSHOT_EVERY_EVENTS = 256;

/** `state_parts`: the live state. `fold_parts`: the state where the segments end. */
type Table = "state_parts" | "fold_parts";

export class StateStore {
  readonly #sql: SqlStorage;
  readonly #table: Table;
  #saved: StateParts = new Map();
  #savedHead = 0;

  constructor(sql: SqlStorage, table: Table = "state_parts") {
    this.#sql = sql;
    this.#table = table;
  }

  /** The last snapshot; the state of an empty group where none was taken yet. */
  load(): GroupState {
    const rows = this.#sql
      .exec<{ key: string; body: string }>(`SELECT key, body FROM ${this.#table}`)
      .toArray()
      .map((row): [string, object] => [row.key, JSON.parse(row.body) as object]);
    const state = stateOf(rows);
    this.#remember(state);
    return state;
  }

  /** Saves the parts that changed, when enough events have come since. Call it inside the append's transaction only. */
  saveWhenDue(state: GroupState): void {
    if (state.head - this.#savedHead >= SNAPSHOT_EVERY_EVENTS) this.save(state);
  }

  /** Saves the parts that changed since the last time. Call it inside a transaction only. */
  save(state: GroupState): void {
    const parts = partsOf(state);
    for (const [key, part] of parts)
      if (this.#saved.get(key) !== part)
        this.#sql.exec(
          `INSERT INTO ${this.#table} (key, body) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body`,
          key,
          JSON.stringify(part),
        );
    for (const key of this.#saved.keys())
      if (!parts.has(key)) this.#sql.exec(`DELETE FROM ${this.#table} WHERE key = ?`, key);
    this.#remember(state, parts);
  }

  #remember(state: GroupState, parts: StateParts = partsOf(state)): void {
    this.#saved = parts;
    this.#savedHead = state.head;
  }
}
