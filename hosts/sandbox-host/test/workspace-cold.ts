// Cold storage for tests: keeps packs and manifests as a group would, and hands them to a new workspace.
import type { SandboxSnapshot } from "@acos/protocol";

import type { TestWorkspace } from "./workspace-server.ts";

export class ColdStorage {
  readonly things = new Map<string, Buffer>();

  /** Snapshots a workspace and fetches what is not here yet. Says how many packs that were. */
  async save(workspace: TestWorkspace): Promise<SandboxSnapshot & { readonly fetched: number }> {
    const taken = await workspace.snapshot();
    let fetched = 0;
    for (const { pack, bytes } of taken.packs) {
      if (this.things.has(pack)) continue;
      const got = await workspace.bytes(`/snapshots/packs/${pack}`);
      if (got.length !== bytes) throw new Error(`pack ${pack} has other bytes than was said`);
      this.things.set(pack, got);
      fetched += 1;
    }
    const manifest = await workspace.bytes(`/snapshots/manifests/${taken.snapshot}`);
    this.things.set(taken.snapshot, manifest);
    return { ...taken, fetched };
  }

  /** Hands everything in. */
  async handIn(workspace: TestWorkspace, taken: SandboxSnapshot): Promise<void> {
    for (const { pack } of taken.packs) await this.put(workspace, "packs", pack);
    await this.put(workspace, "manifests", taken.snapshot);
  }

  async put(workspace: TestWorkspace, kind: string, hash: string): Promise<void> {
    const bytes = this.things.get(hash);
    if (bytes === undefined) throw new Error(`${hash} is not in cold storage`);
    await workspace.fetch("PUT", `/snapshots/${kind}/${hash}`, bytes);
  }

  async restore(workspace: TestWorkspace, taken: SandboxSnapshot): Promise<void> {
    await this.handIn(workspace, taken);
    await workspace.restore(taken.snapshot);
  }
}
