// A sandbox's life in its object: opened, running under one epoch, stopped or lost, and gone. One change at a time.
import type { SandboxOpened, SandboxStatus } from "@acos/protocol";

import { callAgent, isHealthy, type AgentCall } from "./agent-link.ts";
import type { AgentPort, SandboxPlatform } from "./container-port.ts";
import { noSandbox, refusal, replaced } from "./refusals.ts";
import type { Asker } from "./asker.ts";
import { readRecord, writeRecord, type SandboxRecord } from "./sandbox-record.ts";

/** Where the agent listens in a container. */
const AGENT_PORT = 8711;
/** From the start to an agent that answers; pulling an image to a new machine is the longest of it. */
const START_MAX_MS = 60_000;
const LOOK_EVERY_MS = 50;
/** The group stops an idle sandbox; this is for one whose group has forgotten it. */
const INACTIVITY_MS = 60 * 60_000;
/** Of an epoch, and of the word by which the agent knows us. */
const EPOCH_BYTES = 10;
const BEARER_BYTES = 32;

export class SandboxLife {
  readonly #platform: SandboxPlatform;
  #record: SandboxRecord | undefined;
  #usedAt: number;
  #changes: Promise<unknown> = Promise.resolve();

  constructor(platform: SandboxPlatform) {
    this.#platform = platform;
    this.#usedAt = platform.now();
  }

  /** Reads what was remembered; a container that ended meanwhile is noted as lost. Must end before anything else begins. */
  async wake(): Promise<void> {
    this.#record = await readRecord(this.#platform.storage);
    const start = this.#record?.start;
    if (start === undefined) return;
    if (this.#platform.container.running) this.#watch(start.epoch);
    else await this.#noteLost(start.epoch);
  }

  /** Starts the sandbox, or finds it running. The first group that opens it owns it. Throws ProblemError. */
  open(asker: Asker): Promise<SandboxOpened> {
    return this.#alone(async () => {
      if (this.#record !== undefined) this.#owned(asker);
      if (asker.maxSandboxes === 0)
        throw refusal("over_cap", "This group may not run sandboxes: its certificate says so.");
      const running = this.#start();
      if (running !== undefined) return { epoch: running.epoch, workspace: "running", startMs: 0 };
      return this.#started(asker);
    });
  }

  /** Where it stands, without starting or touching anything. */
  status(asker: Asker): SandboxStatus {
    if (this.#record?.group !== asker.group) return { state: "absent" };
    const { ended } = this.#record;
    const start = this.#start();
    if (start === undefined) return { state: "absent", ...(ended === undefined ? {} : { ended }) };
    const idleMs = Math.max(0, Math.round(this.#platform.now() - this.#usedAt));
    return { state: "running", epoch: start.epoch, idleMs };
  }

  /** Ends the container. Its files end with it: who wants them has taken a snapshot before. */
  stop(asker: Asker): Promise<void> {
    return this.#alone(() => this.#ended(this.#owned(asker)));
  }

  /** Ends the container and forgets the sandbox. */
  destroy(asker: Asker): Promise<void> {
    return this.#alone(async () => {
      await this.#ended(this.#owned(asker));
      await this.#platform.storage.deleteAll();
      this.#record = undefined;
    });
  }

  /** Throws ProblemError unless the sandbox is the asker's. */
  requireOwned(asker: Asker): void {
    this.#owned(asker);
  }

  /** Passes a call on to the agent of the start that is meant. Throws ProblemError for another one's. */
  async call(asker: Asker, epoch: string | null, call: AgentCall): Promise<Response> {
    this.#owned(asker);
    const start = this.#start();
    if (start === undefined || epoch !== start.epoch) throw replaced();
    this.#usedAt = this.#platform.now();
    try {
      return this.#noticed(await callAgent(this.#port(), start.bearer, call));
    } catch {
      if (this.#platform.container.running)
        throw refusal("sandbox_failed", "The sandbox does not answer. Try again, or stop it.");
      await this.#alone(() => this.#noteLost(start.epoch));
      throw replaced();
    }
  }

  #owned({ group }: Asker): SandboxRecord {
    if (this.#record?.group !== group) throw noSandbox();
    return this.#record;
  }

  #port(): AgentPort {
    return this.#platform.container.getTcpPort(AGENT_PORT);
  }

  /** The start that runs: both the record and the platform must say so. */
  #start(): SandboxRecord["start"] {
    return this.#platform.container.running ? this.#record?.start : undefined;
  }

  async #started({ org, group }: Asker): Promise<SandboxOpened> {
    const { container, now, randomBytes } = this.#platform;
    const startedAt = now();
    const epoch = hex(randomBytes(EPOCH_BYTES));
    const bearer = hex(randomBytes(BEARER_BYTES));
    // One that runs without our knowing its bearer is of no use to anybody.
    if (container.running) await container.destroy();
    await this.#write({ org, group, start: { epoch, bearer } });
    container.start({ enableInternet: false, env: environment(bearer) });
    this.#watch(epoch);
    await container.setInactivityTimeout(INACTIVITY_MS);
    await this.#answering(bearer, startedAt);
    this.#usedAt = now();
    return { epoch, workspace: "new", startMs: Math.max(0, now() - startedAt) };
  }

  async #answering(bearer: string, startedAt: number): Promise<void> {
    const { container, now, pause } = this.#platform;
    while (now() - startedAt < START_MAX_MS) {
      if (!container.running) break;
      if (await isHealthy(this.#port(), bearer)) return;
      await pause(LOOK_EVERY_MS);
    }
    const words = container.running
      ? `The container's agent did not answer within ${START_MAX_MS / 1_000} s.`
      : "The container ended while it started.";
    if (container.running) await container.destroy();
    const { org, group } = this.#record ?? {};
    if (org !== undefined && group !== undefined)
      await this.#write({ org, group, ended: { reason: "lost", words } });
    throw refusal(
      "sandbox_failed",
      `${words} Try again; if it stays so, look at the container's log.`,
    );
  }

  async #ended({ org, group, start }: SandboxRecord): Promise<void> {
    if (this.#platform.container.running) await this.#platform.container.destroy();
    if (start === undefined) return;
    await this.#write({ org, group, ended: { reason: "asked", words: "It was asked to stop." } });
  }

  #watch(epoch: string): void {
    const note = () => this.#alone(() => this.#noteLost(epoch));
    this.#platform.keepAlive(this.#platform.container.monitor().then(note, note));
  }

  /** Notes that a start has ended unasked; one that is known to have ended, or a later one, is left alone. */
  async #noteLost(epoch: string): Promise<void> {
    if (this.#record?.start?.epoch !== epoch) return;
    const { org, group } = this.#record;
    const words = "The container ended by itself; its files are gone, up to the last snapshot.";
    await this.#write({ org, group, ended: { reason: "lost", words } });
  }

  async #write(record: SandboxRecord): Promise<void> {
    this.#record = record;
    await writeRecord(this.#platform.storage, record);
  }

  /** Output is use: whoever follows a command does not lose its sandbox to idleness. */
  #noticed(response: Response): Response {
    if (response.body === null || response.status === 101) return response;
    const noting = new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, controller) => {
        this.#usedAt = this.#platform.now();
        controller.enqueue(piece);
      },
    });
    return new Response(response.body.pipeThrough(noting), response);
  }

  /** Runs changes one after another; one that failed does not keep the next from running. */
  #alone<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(change, change);
    this.#changes = done.catch(() => undefined);
    return done;
  }
}

function environment(bearer: string): Record<string, string> {
  return {
    ACOS_AGENT_PORT: String(AGENT_PORT),
    ACOS_AGENT_BEARER: bearer,
    ACOS_WORKSPACE: "/workspace",
    ACOS_AGENT_STATE: "/var/lib/acos-agent",
  };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
