// What the host knows of a sandbox when it does not run: a record beside its files, and a user id that is its alone.
//
//   <folder>/<sandbox>/record.json  workspace/  state/  run/agent/  run/egress/        <folder>/trash/<uid>-…
import { spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import type { GroupId, OrgId, SandboxId, SandboxLimits } from "@acos/protocol";

import type { BoxFolders } from "../driver/bubblewrap-arguments.ts";

export interface SandboxRecord {
  /** Name of its folder; a warm one has no group yet. */
  readonly key: string;
  readonly owner: { readonly org: OrgId; readonly group: GroupId } | null;
  readonly limits: SandboxLimits;
  /** Null where this host cannot give users of their own. */
  readonly uid: number | null;
  /** Control groups of its last start: where to look for what is left of it. */
  readonly cgroup: readonly string[];
}

const TRASH = "trash";
const WARM = /^warm_/;
/** Where user ids of sandboxes begin; each installation takes a range of its own, so that two on one machine do not meet. */
const UIDS_FROM = 200_000;
const UIDS_EACH = 10_000;
const RANGES = 60_000;

/** The records of one data folder. Everything is synchronous but the deleting. */
export class Records {
  readonly #folder: string;
  readonly #ownUid: boolean;
  readonly #used = new Set<number>();
  readonly #firstUid: number;
  #next: number;

  constructor(folder: string, ownUid: boolean) {
    this.#folder = folder;
    this.#ownUid = ownUid;
    mkdirSync(join(folder, TRASH), { recursive: true, mode: 0o700 });
    this.#firstUid = this.#range();
    for (const { uid } of this.list()) if (uid !== null) this.#used.add(uid);
    for (const name of readdirSync(join(folder, TRASH))) this.#used.add(parseInt(name, 10));
    this.#next = Math.max(this.#firstUid - 1, ...this.#used) + 1;
  }

  /** All whose record can be read; a folder without one was never finished. */
  list(): SandboxRecord[] {
    return readdirSync(this.#folder)
      .filter((name) => /^(?:sbx|warm)_/.test(name))
      .map((name) => this.find(name))
      .filter((record) => record !== undefined);
  }

  find(key: string): SandboxRecord | undefined {
    try {
      const record = JSON.parse(readFileSync(this.#path(key), "utf8")) as SandboxRecord;
      return { ...record, key };
    } catch {
      return undefined; // There is none, or it was not finished: both mean an unknown sandbox.
    }
  }

  static warmKey(): string {
    return `warm_${randomBytes(12).toString("hex")}`;
  }

  static isWarm({ key }: SandboxRecord): boolean {
    return WARM.test(key);
  }

  /** Makes the folders of a new sandbox, each owned by its own user, and then the record. */
  make(key: string, rest: Pick<SandboxRecord, "owner" | "limits">): SandboxRecord {
    const record = { key, ...rest, uid: this.#ownUid ? this.#takeUid() : null, cgroup: [] };
    const top = join(this.#folder, key);
    mkdirSync(join(top, "run"), { recursive: true });
    for (const folder of [top, join(top, "run")]) chmodSync(folder, 0o711);
    const { egressRun, ...own } = this.folders(key);
    for (const folder of Object.values(own)) {
      mkdirSync(folder, { mode: 0o700, recursive: true });
      if (record.uid !== null) chownSync(folder, record.uid, record.uid);
    }
    mkdirSync(egressRun, { recursive: true });
    chmodSync(egressRun, 0o755);
    this.write(record);
    return record;
  }

  folders(key: string): BoxFolders {
    const at = (...names: string[]) => join(this.#folder, key, ...names);
    return {
      workspace: at("workspace"),
      state: at("state"),
      agentRun: at("run", "agent"),
      egressRun: at("run", "egress"),
    };
  }

  /** What is left of a former start's sockets goes; nothing of the sandbox may run. */
  clearRun({ key, uid }: SandboxRecord): void {
    const { agentRun, egressRun } = this.folders(key);
    rmSync(egressRun, { recursive: true, force: true });
    // The sandbox may have written as much as it liked there.
    if (existsSync(agentRun)) {
      renameSync(agentRun, join(this.#folder, TRASH, `0-${randomBytes(8).toString("hex")}`));
      this.emptyTrash();
    }
    mkdirSync(agentRun, { mode: 0o700 });
    if (uid !== null) chownSync(agentRun, uid, uid);
    mkdirSync(egressRun);
    chmodSync(egressRun, 0o755);
  }

  /** Whole or not at all. */
  write(record: SandboxRecord): void {
    const path = this.#path(record.key);
    writeFileSync(`${path}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  /** Gives a warm sandbox to its owner, under its name from now on. */
  adopt(record: SandboxRecord, key: SandboxId, owner: SandboxRecord["owner"]): SandboxRecord {
    const adopted = { ...record, key, owner };
    this.write({ ...adopted, key: record.key });
    renameSync(join(this.#folder, record.key), join(this.#folder, key));
    return adopted;
  }

  /** Takes the folder out of the way at once and deletes it in the background, however many files there are. */
  discard({ key, uid }: SandboxRecord): void {
    const target = join(this.#folder, TRASH, `${uid ?? 0}-${randomBytes(8).toString("hex")}`);
    if (existsSync(join(this.#folder, key))) renameSync(join(this.#folder, key), target);
    this.emptyTrash();
  }

  /** Deletes what was discarded; a user id is free again when the last of its files is gone. */
  emptyTrash(): void {
    for (const name of readdirSync(join(this.#folder, TRASH))) {
      const path = join(this.#folder, TRASH, name);
      const remover = spawn("nice", ["rm", "-rf", "--one-file-system", "--", path], {
        stdio: "ignore",
      });
      remover.once("error", () => undefined);
      remover.once("exit", () => {
        if (!existsSync(path)) this.#used.delete(parseInt(name, 10));
      });
    }
  }

  #path(key: string): string {
    return join(this.#folder, key, "record.json");
  }

  #range(): number {
    const path = join(this.#folder, "uids.json");
    if (!existsSync(path)) {
      const first = UIDS_FROM + randomInt(RANGES) * UIDS_EACH;
      writeFileSync(path, JSON.stringify({ first }), { mode: 0o600 });
    }
    return (JSON.parse(readFileSync(path, "utf8")) as { first: number }).first;
  }

  /** The next one that nobody's files have, round and round the range. */
  #takeUid(): number {
    for (let tries = 0; tries < UIDS_EACH; tries += 1) {
      const uid = this.#firstUid + ((this.#next - this.#firstUid + tries) % UIDS_EACH);
      if (this.#used.has(uid)) continue;
      this.#used.add(uid);
      this.#next = uid + 1;
      return uid;
    }
    throw new Error("every user id of this host's range belongs to a sandbox's files");
  }
}
