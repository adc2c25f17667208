// A group's view of one sandbox, by the wire alone: every request signed, every answer looked at.
import {
  problemSchema,
  sandboxEgressSchema,
  sandboxLimitsSchema,
  sandboxOpenedSchema,
  type ErrorCode,
  type MemberId,
  type ProcessView,
  type RunId,
  type SandboxCall,
  type SandboxId,
  type SandboxOpen,
  type SandboxOpened,
} from "@acos/protocol";
import { freshId, type TestGroup } from "@acos/testkit";
import { sandboxTarget, type ToolGrantClaims } from "@acos/trust";

import { told, type Told } from "./frames.ts";
import type { Place } from "./target.ts";

/** What a group asks for that has set no limits of its own; a host's warm sandboxes have these. */
export const DEFAULT_OPENING: SandboxOpen = {
  limits: sandboxLimitsSchema.parse({}),
  egress: sandboxEgressSchema.parse({}),
};

/** Smaller ones, so that many fit on a machine and their limits are soon reached. */
export const OPENING: SandboxOpen = {
  limits: sandboxLimitsSchema.parse({ memoryMiB: 512, diskMiB: 256, pids: 256 }),
  egress: sandboxEgressSchema.parse({}),
};

export interface Ask {
  readonly method?: string;
  readonly search?: string;
  readonly json?: unknown;
  readonly body?: Uint8Array | string;
  /** Left out: that of the last opening. */
  readonly epoch?: string;
  readonly run?: RunId;
  readonly actor?: MemberId;
  readonly grant?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ExecAsk {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly maxOutputBytes?: number;
  readonly background?: boolean;
  readonly process?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class SandboxClient {
  readonly place: Place;
  readonly group: TestGroup;
  readonly sandbox: SandboxId;
  epoch = "";

  constructor(place: Place, group: TestGroup, sandbox: SandboxId = freshId("sandbox")) {
    this.place = place;
    this.group = group;
    this.sandbox = sandbox;
  }

  /** A request of which nothing is assumed; `path` is below the sandbox. */
  async ask(path: string, ask: Ask = {}): Promise<Response> {
    const { search = "", actor = null, json, signal } = ask;
    const text = json === undefined ? (ask.body ?? "") : JSON.stringify(json);
    const body = typeof text === "string" ? new TextEncoder().encode(text) : text;
    const signed = await this.group.sign({
      method: ask.method ?? "GET",
      url: sandboxTarget(this.sandbox, path, { search, actor }),
      body,
      ...(json === undefined ? {} : { contentType: "application/json" }),
      ...(ask.run === undefined ? {} : { run: ask.run }),
      ...(ask.headers === undefined ? {} : { headers: ask.headers }),
      epoch: ask.epoch,
      grant: ask.grant,
    });
    return this.place.fetch(signed, signal);
  }

  /** A request to the agent of the start that this client opened. */
  agent(path: string, ask: Ask = {}): Promise<Response> {
    return this.ask(`/agent${path}`, { epoch: this.epoch, ...ask });
  }

  async open(json: SandboxOpen = OPENING): Promise<SandboxOpened> {
    const response = await this.ask("", { method: "PUT", json });
    const opened = sandboxOpenedSchema.parse(await expectOk(response).then((it) => it.json()));
    this.epoch = opened.epoch;
    return opened;
  }

  /** Its state; a sandbox that the host does not know is `absent`. */
  async state(): Promise<string> {
    const response = await this.ask("");
    if (response.status === 404) return "absent";
    return ((await response.json()) as { state: string }).state;
  }

  async stop(): Promise<void> {
    await expectOk(await this.ask("/stop", { method: "POST" }));
  }

  async destroy(): Promise<void> {
    await expectOk(await this.ask("", { method: "DELETE" }));
  }

  /** Begins a command and hands its stream out. */
  start(command: string, ask: ExecAsk = {}, signal?: AbortSignal): Promise<Response> {
    const json = { command, timeoutMs: 60_000, ...ask };
    return this.agent("/procs", { method: "POST", json, ...(signal ? { signal } : {}) });
  }

  /** Runs a command to its end. */
  async run(command: string, ask: ExecAsk = {}): Promise<Told> {
    return told(await this.start(command, ask));
  }

  async processes(): Promise<ProcessView[]> {
    const response = await expectOk(await this.agent("/procs"));
    return ((await response.json()) as { items: ProcessView[] }).items;
  }

  async write(path: string, body: string | Uint8Array, headers: Ask["headers"] = {}) {
    return this.agent("/files", { method: "PUT", search: fileQuery(path), body, headers });
  }

  async read(path: string, headers: Ask["headers"] = {}): Promise<Response> {
    return this.agent("/files", { search: fileQuery(path), headers });
  }

  async textOf(path: string): Promise<string> {
    return (await expectOk(await this.read(path))).text();
  }

  /** Hands a tool call out, with its grant but for what is changed. */
  async call(
    wanted: SandboxCall,
    grant: Partial<ToolGrantClaims> = {},
    signal?: AbortSignal,
  ): Promise<Response> {
    return this.agent(`/tool-calls/${wanted.call}`, {
      method: "POST",
      json: wanted,
      run: wanted.run,
      grant: await this.group.grant(wanted, grant),
      ...(signal ? { signal } : {}),
    });
  }

  /** Target and headers of a signed upgrade. */
  async signedUpgrade(path: string): Promise<{ target: string; headers: Record<string, string> }> {
    const target = sandboxTarget(this.sandbox, `/agent${path}`);
    const { headers } = await this.group.sign({ url: target, epoch: this.epoch });
    return { target, headers: Object.fromEntries(headers) };
  }
}

export const fileQuery = (path: string): string => `?path=${encodeURIComponent(path)}`;

/** A call of `run_command` that has not been made yet. */
export function commandCall(command: string): SandboxCall {
  return {
    run: freshId("run"),
    turn: 1,
    call: freshId("toolCall"),
    dispatch: 1,
    tool: "run_command",
    arguments: { command },
  };
}

/** The answer itself when it is a success. Throws with its words. */
export async function expectOk(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new Error(`${response.status}: ${await response.text()}`);
}

/** The code of a refusal. Throws for an answer that is none. */
export async function codeOf(response: Response | Promise<Response>): Promise<ErrorCode> {
  const answer = await response;
  const text = await answer.text();
  if (answer.ok) throw new Error(`not refused: ${answer.status} ${text.slice(0, 200)}`);
  return problemSchema.parse(JSON.parse(text)).code;
}
