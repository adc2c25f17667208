// Workspaces that a fork takes along: the newest snapshot of each sandbox of its origin, copied within cold storage.
import type { GroupState } from "@acos/group";
import { makeId, ProblemError, type SandboxId } from "@acos/protocol";

import type { ColdStore } from "../archive/cold-store.ts";
import { WorkspaceStore } from "./workspace-store.ts";

/** A sandbox by its ids there and here. */
export interface CopiedSandbox {
  readonly from: SandboxId;
  readonly sandbox: SandboxId;
}

/** Ids for the copies of all sandboxes that have a snapshot. */
export function copiesOf({ sandboxes }: GroupState, now: number): readonly CopiedSandbox[] {
  return Array.from(sandboxes.values()).flatMap(({ sandbox: from, snapshots }) => {
    const sandbox = makeId("sandbox", now, crypto.getRandomValues(new Uint8Array(10)));
    return snapshots.length > 0 ? { from, sandbox } : [];
  });
}

/** Copies them and answers those that came. One whose snapshot the origin does not have any more, or not whole, is left out. */
export async function takeWorkspaces(
  { sandboxes }: GroupState,
  given: {
    readonly origin: ColdStore;
    readonly store: ColdStore;
    readonly wanted: readonly CopiedSandbox[];
  },
): Promise<readonly CopiedSandbox[]> {
  const { origin, store, wanted } = given;
  const come: CopiedSandbox[] = [];
  for (const pair of wanted) {
    const [newest] = sandboxes.get(pair.from)?.snapshots ?? [];
    if (!newest) continue;
    const here = new WorkspaceStore(store, pair.sandbox);
    try {
      const there = new WorkspaceStore(origin, pair.from);
      if (await here.takeOver(there, newest.snapshot)) come.push(pair);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem.code !== "storage_damaged") throw error;
      await here.dropAll();
    }
  }
  return come;
}
