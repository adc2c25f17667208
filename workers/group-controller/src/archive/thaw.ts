// Thawing: an empty object that has snapshots in R2 becomes the group again, whole or not at all.
import type { ColdStore } from "./cold-store.ts";
import { JobLog } from "./job-log.ts";
import { NoteStore } from "./notes.ts";
import { findSnapshot } from "./snapshot.ts";
import { fillTables } from "./table-rows.ts";

/**
 * Fills an object's storage from the newest whole snapshot; false, and nothing is written, where there never was one.
 * Throws ProblemError `storage_damaged` when none is whole.
 */
export async function thaw(
  storage: DurableObjectStorage,
  { store, now }: { readonly store: ColdStore; readonly now: () => number },
): Promise<boolean> {
  const found = await findSnapshot(store);
  if (!found) return false;
  const { head, newest, lost } = found;
  storage.transactionSync(() => {
    fillTables(storage, found.tables);
    const notes = new NoteStore(storage.sql);
    // The next one is written above every one there is, also above those that are damaged.
    notes.set("snapshot", { generation: newest, head });
    notes.set("archived", { lost });
    const jobs = new JobLog(storage.sql, now);
    for (const kind of ["archive", "snapshot", "flush"] as const) {
      const job = jobs.open(kind);
      if (job) jobs.end(job);
    }
    jobs.end(jobs.begin("restore", "tables", head));
  });
  return true;
}
