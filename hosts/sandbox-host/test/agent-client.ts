// An agent as a plain process on a unix socket, with a workspace of its own, and requests to it.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";

import { makeId, type SandboxFrame, type SandboxTool, type ToolResult } from "@acos/protocol";
import { WebSocket } from "ws";

const MAIN = resolve(import.meta.dirname, "../src/agent/main.ts");

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

interface Ask {
  readonly body?: string | Buffer | object;
  readonly headers?: Record<string, string>;
}

interface AgentOptions {
  readonly main?: string;
  readonly env?: Record<string, string>;
}

type OutputFrame = Extract<SandboxFrame, { seq: number }>;

const running = new Set<Agent>();

/** Ends every agent that a test started, with its folders. */
export async function endAgents(): Promise<void> {
  await Promise.all([...running].map((agent) => agent.end()));
}

export class Agent {
  readonly folder = mkdtempSync(join(tmpdir(), "acos-agent-"));
  readonly workspace = join(this.folder, "workspace");
  readonly socket = join(this.folder, "agent.sock");
  readonly child: ChildProcess;
  #calls = 0;

  private constructor({ main = MAIN, env = {} }: AgentOptions) {
    mkdirSync(this.workspace);
    this.child = spawn(process.execPath, [main], {
      env: {
        PATH: process.env["PATH"],
        HOME: this.folder,
        LANG: "C.UTF-8",
        ACOS_AGENT_SOCKET: this.socket,
        ACOS_WORKSPACE: this.workspace,
        ACOS_AGENT_STATE: join(this.folder, "state"),
        ...env,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
  }

  static async start(options: AgentOptions = {}): Promise<Agent> {
    const agent = new Agent(options);
    running.add(agent);
    const ready = Promise.withResolvers<void>();
    agent.child.stdout?.once("data", () => ready.resolve());
    agent.child.once("exit", (code) => ready.reject(new Error(`the agent ended with ${code}`)));
    await ready.promise;
    return agent;
  }

  async end(): Promise<void> {
    running.delete(this);
    const ended = Promise.withResolvers<void>();
    this.child.once("exit", () => ended.resolve());
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill("SIGTERM");
      const patience = setTimeout(() => this.child.kill("SIGKILL"), 5_000);
      await ended.promise;
      clearTimeout(patience);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A request, answered as far as its headers. */
  async open(route: string, { body, headers = {} }: Ask = {}): Promise<IncomingMessage> {
    const [method = "GET", path = "/"] = route.split(" ");
    const { promise, resolve: answered, reject } = Promise.withResolvers<IncomingMessage>();
    const asking = request({ socketPath: this.socket, method, path, headers });
    asking.once("response", answered);
    asking.on("error", reject);
    asking.end(
      body === undefined || typeof body === "string" || Buffer.isBuffer(body)
        ? body
        : JSON.stringify(body),
    );
    return await promise;
  }

  async ask(route: string, ask: Ask = {}): Promise<Answer> {
    const answer = await this.open(route, ask);
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      body: await buffer(answer),
    };
  }

  /** An answer's JSON; tests say themselves what they expect in it. */
  // oxlint-disable-next-line no-explicit-any
  async json(route: string, ask: Ask = {}): Promise<{ status: number; body: any }> {
    const { status, body } = await this.ask(route, ask);
    return { status, body: body.length === 0 ? undefined : JSON.parse(body.toString()) };
  }

  /** All frames of a stream, to its end. */
  async frames(route: string, body?: object): Promise<OutputFrame[]> {
    const answer = await this.ask(route, body === undefined ? {} : { body });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`);
    return framesIn(answer.body);
  }

  /** The frames of a process that are there now, also of one that runs on. */
  async outputSoFar(process: string): Promise<OutputFrame[]> {
    const { body } = await this.json("GET /procs");
    const view = body.items.find((item: { process: string }) => item.process === process);
    const answer = await this.open(`GET /procs/${process}/output`);
    const frames: OutputFrame[] = [];
    let rest = "";
    for await (const piece of answer) {
      const lines = (rest + String(piece)).split("\n");
      rest = lines.pop() ?? "";
      frames.push(...framesIn(Buffer.from(lines.join("\n"))));
      if ((frames.at(-1)?.seq ?? 0) >= view.head) break;
    }
    answer.destroy();
    return frames;
  }

  /** Runs a tool as a new call, to its result. */
  async tool(tool: SandboxTool, given: object): Promise<ToolResult & { port?: number }> {
    const frames = await this.frames(...this.call(tool, given));
    const last = frames.at(-1);
    if (last?.t !== "result") throw new Error("the stream broke off");
    return { ...last.result, ...(last.port !== undefined && { port: last.port }) };
  }

  /** Route and body of a new call. */
  call(tool: SandboxTool, given: object): [route: string, body: { call: string }] {
    this.#calls += 1;
    const call = makeId("toolCall", Date.now(), new Uint8Array(10).fill(this.#calls));
    const run = makeId("run", 1, new Uint8Array(10));
    const body = { run, turn: 1, call, dispatch: 1, tool, arguments: given };
    return [`POST /tool-calls/${call}`, body];
  }

  socketTo(
    path: string,
    options: { headers?: Record<string, string>; protocol?: string } = {},
  ): WebSocket {
    const { headers = {}, protocol } = options;
    return new WebSocket(`ws+unix://${this.socket}:${path}`, protocol ?? [], { headers });
  }

  /** Memory of the agent, in bytes. */
  memory(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  }
}

/** The frames in a stream's bytes, without its beats. */
export function framesIn(bytes: Buffer): OutputFrame[] {
  return bytes
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as SandboxFrame)
    .filter((frame): frame is OutputFrame => "seq" in frame);
}

/** The bytes of one stream in frames. */
export function outputIn(frames: readonly OutputFrame[], stream: "out" | "err" = "out"): string {
  return Buffer.concat(
    frames.flatMap((frame) => (frame.t === stream ? [Buffer.from(frame.b64, "base64")] : [])),
  ).toString();
}

/** Whether a process runs; a zombie does not. */
export function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

/** A number that a command wrote into a file of the workspace; undefined while it is not there. */
export function pidIn(path: string): number | undefined {
  try {
    return Number(readFileSync(path, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}
