// Packs and manifests on their way to cold storage and back, each a file under its hash.
//
//   made: packs/ manifests/ ── given out ──▶ given/…, gone with the next snapshot       received/…, gone when it is restored
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { sha256Of } from "./manifest.ts";

export const KINDS = ["packs", "manifests"] as const;
export type Kind = (typeof KINDS)[number];

/** What was handed in and not restored within this time is dropped with the next snapshot. */
const RECEIVED_KEPT_MS = 60 * 60_000;
const STAGES = ["made", "given", "received"] as const;
type Stage = (typeof STAGES)[number];

export class SnapshotStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    for (const stage of STAGES) {
      for (const kind of KINDS) mkdirSync(this.#in(stage, kind), { recursive: true, mode: 0o700 });
    }
  }

  #in(stage: Stage, kind: Kind, hash = ""): string {
    return join(this.folder, stage, kind, hash);
  }

  /** Where a thing is; undefined where it is not. */
  #find(kind: Kind, hash: string): string | undefined {
    return STAGES.map((stage) => this.#in(stage, kind, hash)).find((path) => existsSync(path));
  }

  has(kind: Kind, hash: string): boolean {
    return this.#find(kind, hash) !== undefined;
  }

  /** Its bytes, which are what the hash says; undefined where it is not here, or damaged, which drops it. */
  read(kind: Kind, hash: string): Buffer | undefined {
    const path = this.#find(kind, hash);
    if (path === undefined) return undefined;
    const bytes = readFileSync(path);
    if (sha256Of(bytes) === hash) return bytes;
    rmSync(path, { force: true });
    return undefined;
  }

  /** Stores what was made here, or received; the hash is the caller's to check. Whole, or not at all. */
  put(stage: "made" | "received", kind: Kind, thing: { hash: string; bytes: Uint8Array }): void {
    const path = this.#in(stage, kind, thing.hash);
    const unfinished = `${path}.new`;
    writeFileSync(unfinished, thing.bytes);
    renameSync(unfinished, path);
  }

  /** Notes that somebody has it now; it stays until the next snapshot, should they ask again. */
  markGiven(kind: Kind, hash: string): void {
    const path = this.#in("made", kind, hash);
    if (existsSync(path)) renameSync(path, this.#in("given", kind, hash));
  }

  /** Before a snapshot: drops what was given out, and what was handed in and never used. */
  clearGiven(now: number): void {
    for (const kind of KINDS) {
      for (const name of readdirSync(this.#in("given", kind))) this.#drop("given", kind, name);
      for (const name of readdirSync(this.#in("received", kind))) {
        const age = now - statSync(this.#in("received", kind, name)).mtimeMs;
        if (age > RECEIVED_KEPT_MS) this.#drop("received", kind, name);
      }
    }
  }

  /** After a snapshot: drops what it does not name, also what was left unfinished. */
  keepOnly(kind: Kind, hashes: ReadonlySet<string>): void {
    for (const name of readdirSync(this.#in("made", kind))) {
      if (!hashes.has(name)) this.#drop("made", kind, name);
    }
  }

  /** After a restore: all of it is in cold storage, where it came from. */
  clear(): void {
    for (const stage of STAGES) {
      for (const kind of KINDS) {
        for (const name of readdirSync(this.#in(stage, kind))) this.#drop(stage, kind, name);
      }
    }
  }

  #drop(stage: Stage, kind: Kind, name: string): void {
    rmSync(this.#in(stage, kind, name), { force: true });
  }
}
