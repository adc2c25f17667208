// What a group asks of a Sandbox Host and of the agent inside a sandbox, each as one call with a checked answer.
import {
  checkpointKeptSchema,
  parse,
  ProblemError,
  sandboxChangesSchema,
  sandboxOpenedSchema,
  sandboxSnapshotSchema,
  sandboxStatusSchema,
  undoneSchema,
  type CheckpointId,
  type MemberId,
  type RunId,
  type SandboxEgress,
  type SandboxId,
  type SandboxOpen,
  type SandboxOpened,
  type SandboxSnapshot,
  type SandboxStatus,
  type ToolCallId,
  type Undone,
} from "@acos/protocol";
import {
  problemOfResponse,
  UNREACHABLE,
  type HostRequest,
  type SandboxLink,
} from "./sandbox-link.ts";

/** A start takes a fraction of a second, and longer where an image is fetched first. */
const OPEN_MS = 120_000;
/** Packing a large workspace, or unpacking it. */
const SNAPSHOT_MS = 10 * 60_000;
const CHECKPOINT_MS = 60_000;
const PACK_MS = 60_000;

const WHAT = "The Sandbox Host's answer";
/** Answers as they are checked. Each throws ProblemError for what is none. */
const ANSWERS = {
  opened: (answer: unknown) => parse(sandboxOpenedSchema, answer, WHAT),
  status: (answer: unknown) => parse(sandboxStatusSchema, answer, WHAT),
  kept: (answer: unknown) => parse(checkpointKeptSchema, answer, WHAT),
  changes: (answer: unknown) => parse(sandboxChangesSchema, answer, WHAT),
  undone: (answer: unknown) => parse(undoneSchema, answer, WHAT),
  snapshot: (answer: unknown) => parse(sandboxSnapshotSchema, answer, WHAT),
};

/** A running start of a sandbox. */
export interface Start {
  readonly sandbox: SandboxId;
  readonly epoch: string;
}

export type PackKind = "packs" | "manifests";

export class SandboxPort {
  readonly link: SandboxLink;

  constructor(link: SandboxLink) {
    this.link = link;
  }

  // Every call throws ProblemError with what the host says, or UNREACHABLE.

  open(sandbox: SandboxId, wanted: SandboxOpen): Promise<SandboxOpened> {
    const body = json(wanted);
    return this.#read(ANSWERS.opened, {
      sandbox,
      method: "PUT",
      ...body,
      deadlineMs: OPEN_MS,
    });
  }

  /** A sandbox that the host does not know is `absent`. */
  async status(sandbox: SandboxId): Promise<SandboxStatus> {
    try {
      return await this.#read(ANSWERS.status, { sandbox });
    } catch (error) {
      if (isProblem(error, "not_found")) return { state: "absent" };
      throw error;
    }
  }

  /** Ends its processes; one that does not run is as wanted. */
  stop(sandbox: SandboxId): Promise<void> {
    return this.#settle({ sandbox, method: "POST", path: "/stop", deadlineMs: CHECKPOINT_MS });
  }

  /** Ends it and deletes its workspace; one that is not there is as wanted. */
  destroy(sandbox: SandboxId): Promise<void> {
    return this.#settle({ sandbox, method: "DELETE", deadlineMs: CHECKPOINT_MS });
  }

  setEgress(sandbox: SandboxId, egress: SandboxEgress): Promise<void> {
    return this.#settle({ sandbox, method: "PUT", path: "/egress", ...json(egress) });
  }

  /** Asks for a call to be ended; whether it still ran does not matter. */
  cancelCall(start: Start, run: RunId, call: ToolCallId): Promise<void> {
    const path = `/agent/tool-calls/${call}`;
    return this.#settle({ ...start, method: "DELETE", path, run });
  }

  checkpoint(
    start: Start,
    checkpoint: CheckpointId,
    actor: MemberId | null,
  ): Promise<ReturnType<typeof ANSWERS.kept>> {
    const path = "/agent/checkpoints";
    const asked = { ...start, ...json({ checkpoint }), method: "POST", path, actor };
    return this.#read(ANSWERS.kept, { ...asked, deadlineMs: CHECKPOINT_MS });
  }

  async restoreCheckpoint(start: Start, checkpoint: CheckpointId, actor: MemberId): Promise<void> {
    const path = `/agent/checkpoints/${checkpoint}/restore`;
    const asked = { ...start, method: "POST", path, actor, deadlineMs: CHECKPOINT_MS };
    await (await this.#ask(asked)).body?.cancel();
  }

  changes(
    start: Start,
    { from, to }: { from: CheckpointId; to: CheckpointId | null },
  ): Promise<ReturnType<typeof ANSWERS.changes>> {
    const search = `?from=${from}${to ? `&to=${to}` : ""}`;
    const asked = { ...start, path: "/agent/checkpoints/changes", search };
    return this.#read(ANSWERS.changes, { ...asked, deadlineMs: CHECKPOINT_MS });
  }

  undo(
    start: Start,
    given: { from: CheckpointId; to: CheckpointId | null; hunks: readonly string[] },
    actor: MemberId,
  ): Promise<Undone> {
    const { from, to, hunks } = given;
    const body = json({ from, ...(to && { to }), hunks });
    const path = "/agent/checkpoints/undo";
    const asked = { ...start, ...body, method: "POST", path, actor };
    return this.#read(ANSWERS.undone, { ...asked, deadlineMs: CHECKPOINT_MS });
  }

  snapshot(start: Start): Promise<SandboxSnapshot> {
    const asked = { ...start, method: "POST", path: "/agent/snapshots", deadlineMs: SNAPSHOT_MS };
    return this.#read(ANSWERS.snapshot, asked);
  }

  /** The bytes of a pack or manifest. Their hash is the caller's to check. */
  async pack(start: Start, kind: PackKind, hash: string): Promise<Uint8Array<ArrayBuffer>> {
    const path = `/agent/snapshots/${kind}/${hash}`;
    const response = await this.#ask({ ...start, path, deadlineMs: PACK_MS });
    return new Uint8Array(await bodyOf(response.arrayBuffer()));
  }

  async putPack(
    start: Start,
    kind: PackKind,
    given: { hash: string; bytes: Uint8Array },
  ): Promise<void> {
    const path = `/agent/snapshots/${kind}/${given.hash}`;
    const asked = { ...start, method: "PUT", path, body: given.bytes, deadlineMs: PACK_MS };
    await (await this.#ask(asked)).body?.cancel();
  }

  async restoreSnapshot(start: Start, manifest: string): Promise<void> {
    const path = `/agent/snapshots/${manifest}/restore`;
    const asked = { ...start, method: "POST", path, deadlineMs: SNAPSHOT_MS };
    await (await this.#ask(asked)).body?.cancel();
  }

  async #ask(request: HostRequest): Promise<Response> {
    const response = await this.link.send(request);
    if (response.ok) return response;
    throw new ProblemError(await problemOfResponse(response));
  }

  async #read<T>(checked: (answer: unknown) => T, request: HostRequest): Promise<T> {
    const response = await this.#ask(request);
    return checked(await bodyOf(response.json()));
  }

  /** What it asks for is so afterwards, also where there was nothing to do. */
  async #settle(request: HostRequest): Promise<void> {
    try {
      await (await this.#ask(request)).body?.cancel();
    } catch (error) {
      if (!isProblem(error, "not_found", "sandbox_replaced")) throw error;
    }
  }
}

export function isProblem(error: unknown, ...codes: readonly string[]): error is ProblemError {
  return error instanceof ProblemError && codes.includes(error.problem.code);
}

function json(value: unknown): { body: Uint8Array; headers: Headers } {
  return {
    body: new TextEncoder().encode(JSON.stringify(value)),
    headers: new Headers({ "content-type": "application/json" }),
  };
}

async function bodyOf<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch {
    throw new ProblemError(UNREACHABLE);
  }
}
