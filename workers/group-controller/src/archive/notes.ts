// Small facts that the object keeps about its own storage, as JSON by name; none of them is part of the group's history.
import type { GroupCopy, GroupId, JobId, SandboxId } from "@acos/protocol";

import type { BundlePart } from "../copy/bundle-part.ts";

export interface Notes {
  /** The last snapshot that was confirmed: its number, and the head it has. */
  snapshot: { readonly generation: number; readonly head: number };
  /** The group is archived, and nobody has visited it since; `lost` events were in damaged snapshots only. */
  archived: { readonly lost: number };
  /** Names in R2 that nothing of now uses, deleted when no kept snapshot does either. */
  retired: readonly { readonly name: string; readonly generation: number }[];
  /** A name that is being written: what becomes of it is not known after a crash. */
  writing: readonly string[];
  /** A copy under way, and where it stands. */
  copy: {
    readonly copy: GroupCopy;
    readonly job: JobId;
    readonly upTo: number;
    /** Sandboxes of a fork's origin whose snapshot came along, by their ids there and here. */
    readonly sandboxes?: readonly { readonly from: SandboxId; readonly sandbox: SandboxId }[];
  };
  /** The group that this object became by a copy. */
  copied: GroupId;
  /** Workspaces that must be made what a snapshot says before anybody uses them. */
  restoring: readonly { readonly sandbox: SandboxId; readonly snapshot: string }[];
  /** Sandboxes that are deleted, and may still be at their host or in cold storage. */
  destroying: readonly SandboxId[];
  /** The parts of a staged bundle. */
  bundle: readonly BundlePart[];
}

export class NoteStore {
  readonly #sql: SqlStorage;
  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get<K extends keyof Notes>(key: K): Notes[K] | null {
    const query = "SELECT body FROM notes WHERE key = ?";
    const [row] = this.#sql.exec<{ body: string }>(query, key).toArray();
    return row ? (JSON.parse(row.body) as Notes[K]) : null;
  }

  set<K extends keyof Notes>(key: K, value: Notes[K]): void {
    this.#sql.exec("INSERT OR REPLACE INTO notes VALUES (?, ?)", key, JSON.stringify(value));
  }

  drop(key: keyof Notes): void {
    this.#sql.exec("DELETE FROM notes WHERE key = ?", key);
  }
}
