// A workspace's snapshots in cold storage: packs and lists of files under the hash of their bytes, and what each list needs.
//
//   sandboxes/<sandbox>/packs-<sha256>        files, packed by the in-sandbox agent
//   sandboxes/<sandbox>/manifests-<sha256>    the list of files of one snapshot
//   sandboxes/<sandbox>/needs/<manifest>      the packs of a list
import { problem, ProblemError, type SandboxId } from "@acos/protocol";
import { sha256Hex } from "@acos/trust";

import type { ColdStore } from "../archive/cold-store.ts";
import type { PackKind } from "./sandbox-port.ts";

export class WorkspaceStore {
  readonly #store: ColdStore;
  readonly #root: string;

  constructor(store: ColdStore, sandbox: SandboxId) {
    this.#store = store;
    this.#root = `sandboxes/${sandbox}/`;
  }

  /** Hashes of the packs that are here. */
  async packs(): Promise<ReadonlySet<string>> {
    const stem = `${this.#root}packs-`;
    const names = await this.#store.names(stem);
    return new Set(names.map((name) => name.slice(stem.length)));
  }

  /** Keeps bytes that are read back. Throws ProblemError `sandbox_failed` for those that have another hash. */
  async keep(kind: PackKind, hash: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if ((await sha256Hex(bytes)) !== hash)
      throw new ProblemError(
        problem("sandbox_failed", "The sandbox's snapshot was damaged on its way. Take it again."),
      );
    await this.#store.keep(`${this.#root}${kind}`, bytes);
  }

  /** Throws ProblemError `storage_damaged` when they are missing or not what was kept. */
  read(kind: PackKind, hash: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#store.read(`${this.#root}${kind}-${hash}`);
  }

  /** Notes which packs a list needs: the last step of keeping it. */
  async noteNeeds(manifest: string, packs: readonly string[]): Promise<void> {
    await this.#store.mark(`${this.#root}needs/${manifest}`, packs.join(","));
  }

  /** The packs of a list; null where it is not here whole. */
  async needs(manifest: string): Promise<readonly string[] | null> {
    const text = await this.#store.marked(`${this.#root}needs/${manifest}`);
    return text === null ? null : text.split(",").filter((pack) => pack !== "");
  }

  /** Deletes what none of these lists needs. Where it is not known what one needs, nothing is. */
  async dropAllBut(manifests: readonly string[]): Promise<void> {
    const needed = new Set<string>();
    for (const manifest of manifests) {
      const packs = await this.needs(manifest);
      if (!packs) return;
      needed.add(`${this.#root}manifests-${manifest}`).add(`${this.#root}needs/${manifest}`);
      for (const pack of packs) needed.add(`${this.#root}packs-${pack}`);
    }
    const names = await this.#store.names(this.#root);
    await this.#store.drop(names.filter((name) => !needed.has(name)));
  }

  async dropAll(): Promise<void> {
    await this.#store.drop(await this.#store.names(this.#root));
  }

  /** Takes one snapshot over from another sandbox's store; false where that one does not have it any more. */
  async takeOver(origin: WorkspaceStore, manifest: string): Promise<boolean> {
    const packs = await origin.needs(manifest);
    if (!packs) return false;
    const here = await this.packs();
    for (const pack of packs)
      if (!here.has(pack)) await this.keep("packs", pack, await origin.read("packs", pack));
    await this.keep("manifests", manifest, await origin.read("manifests", manifest));
    await this.noteNeeds(manifest, packs);
    return true;
  }
}
