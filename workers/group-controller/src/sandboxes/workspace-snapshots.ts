// Taking a workspace to cold storage and back. A snapshot counts once the log says so; all it needs is there before.
import {
  problem,
  ProblemError,
  type MemberId,
  type SandboxId,
  type SnapshotRef,
} from "@acos/protocol";

import type { ColdStore } from "../archive/cold-store.ts";
import type { SandboxFacts } from "./sandbox-facts.ts";
import { isProblem, type SandboxPort, type Start } from "./sandbox-port.ts";
import { WorkspaceStore } from "./workspace-store.ts";

/** Snapshots that are made for one that is asked for, where packs turn out to be missing. */
const TRIES_MAX = 3;

export class WorkspaceSnapshots {
  readonly #port: SandboxPort;
  readonly #facts: SandboxFacts;
  readonly #store: ColdStore;
  readonly #underWay = new Map<SandboxId, Promise<unknown>>();

  constructor(port: SandboxPort, facts: SandboxFacts, store: ColdStore) {
    this.#port = port;
    this.#facts = facts;
    this.#store = store;
  }

  /** Keeps the workspace as it is now and writes it down. Throws ProblemError; the snapshots before stay then. */
  take(start: Start, by: MemberId | null): Promise<SnapshotRef> {
    return this.#inTurn(start.sandbox, async () => {
      const store = this.#of(start.sandbox);
      const ref = await this.#keep(start, store);
      this.#facts.note({
        kind: "sandbox-snapshotted",
        sandbox: start.sandbox,
        snapshot: ref,
        ...(by && { by }),
      });
      await this.#dropOld(start.sandbox, store);
      return ref;
    });
  }

  /** Has one made and keeps all that it needs. What the agent gave out before and we never kept, it packs anew when asked again. */
  async #keep(start: Start, store: WorkspaceStore, tries = TRIES_MAX): Promise<SnapshotRef> {
    const { packs, ...ref } = await this.#port.snapshot(start);
    const here = await store.packs();
    try {
      for (const { pack } of packs)
        if (!here.has(pack))
          await store.keep("packs", pack, await this.#port.pack(start, "packs", pack));
    } catch (error) {
      if (tries > 1 && isProblem(error, "not_found")) return this.#keep(start, store, tries - 1);
      throw error;
    }
    const manifest = await this.#port.pack(start, "manifests", ref.snapshot);
    await store.keep("manifests", ref.snapshot, manifest);
    await store.noteNeeds(
      ref.snapshot,
      packs.map(({ pack }) => pack),
    );
    return ref;
  }

  /** Makes the workspace what a snapshot says. Throws ProblemError; the workspace may be half then, and it is to be done again. */
  restore(start: Start, manifest: string): Promise<void> {
    return this.#inTurn(start.sandbox, async () => {
      const store = this.#of(start.sandbox);
      const packs = await store.needs(manifest);
      if (!packs) throw new ProblemError(MISSING);
      for (const hash of packs) {
        const bytes = await store.read("packs", hash);
        await this.#port.putPack(start, "packs", { hash, bytes });
      }
      const bytes = await store.read("manifests", manifest);
      await this.#port.putPack(start, "manifests", { hash: manifest, bytes });
      await this.#port.restoreSnapshot(start, manifest);
    });
  }

  /** Deletes all snapshots of a sandbox that is gone. */
  dropAll(sandbox: SandboxId): Promise<void> {
    return this.#inTurn(sandbox, () => this.#of(sandbox).dropAll());
  }

  async #dropOld(sandbox: SandboxId, store: WorkspaceStore): Promise<void> {
    const kept = this.#facts.find(sandbox)?.snapshots ?? [];
    try {
      await store.dropAllBut(kept.map(({ snapshot }) => snapshot));
    } catch {
      // What is not needed any more stays until the next snapshot.
    }
  }

  #of(sandbox: SandboxId): WorkspaceStore {
    return new WorkspaceStore(this.#store, sandbox);
  }

  /** One piece of work on a sandbox's snapshots at a time: what one deletes, another might count on. */
  #inTurn<T>(sandbox: SandboxId, work: () => Promise<T>): Promise<T> {
    const before = this.#underWay.get(sandbox) ?? Promise.resolve();
    const done = before.then(work);
    const settled = done
      .catch(() => {
        // Whoever asked hears of it.
      })
      .finally(() => {
        if (this.#underWay.get(sandbox) === settled) this.#underWay.delete(sandbox);
      });
    this.#underWay.set(sandbox, settled);
    return done;
  }
}

const MISSING = problem(
  "storage_damaged",
  "The snapshot of this workspace is not in cold storage any more. Restore an older one, or make a new sandbox.",
);
