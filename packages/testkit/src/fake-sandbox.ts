// One fake sandbox while it runs: processes and tool calls as frames, files, ports, checkpoints and snapshots.
import {
  checkpointAskSchema,
  execSchema,
  parse,
  parseJson,
  problem,
  ProblemError,
  processInputSchema,
  undoSchema,
  type CheckpointId,
  type ExitStatus,
  type ProcessView,
  type SandboxCall,
} from "@acos/protocol";
import { sha256Hex } from "@acos/trust";

import type { SandboxClock } from "./fake-clock.ts";
import {
  changesBetween,
  readPath,
  removePath,
  restoreSnapshot,
  snapshotOf,
  undoHunks,
  writePath,
  type Files,
} from "./fake-sandbox-files.ts";
import { runLine } from "./fake-shell.ts";
import { FrameLog, type NewFrame } from "./frame-log.ts";

/** A request as the agent of a sandbox sees it. */
export interface AgentRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly call: SandboxCall | null;
}

export type PortHandler = (request: AgentRequest) => Promise<Response> | Response;

interface Running {
  readonly view: Omit<ProcessView, "head" | "state">;
  readonly log: FrameLog;
  readonly ended: AbortController;
  readonly background: boolean;
  exit?: ExitStatus;
}

const NDJSON = { "content-type": "application/x-ndjson" };
const b64 = (text: string) => Buffer.from(text, "utf8").toString("base64");
const nothing = (what: string) => new ProblemError(problem("not_found", `There is no ${what}.`));
const HASH = /^[0-9a-f]{64}$/;

export class FakeSandbox {
  readonly ports = new Map<number, PortHandler>();
  /** Calls that were carried out, in order: none is twice in it. */
  readonly carriedOut: SandboxCall[] = [];
  readonly #files: Files;
  readonly #clock: SandboxClock;
  readonly #processes = new Map<string, Running>();
  readonly #calls = new Map<string, Running>();
  readonly #checkpoints = new Map<string, Files>();
  readonly #objects = new Map<string, Uint8Array>();

  constructor(files: Files, clock: SandboxClock) {
    this.#files = files;
    this.#clock = clock;
  }

  /** Ends every process, as the end of a sandbox does. */
  end(): void {
    for (const running of [...this.#processes.values(), ...this.#calls.values()]) kill(running);
  }

  /** Breaks every open stream off, as a lost link does. */
  breakLinks(): void {
    for (const { log } of [...this.#processes.values(), ...this.#calls.values()]) log.breakOff();
  }

  /** Answers as the agent would. Throws ProblemError. */
  async answer(request: AgentRequest): Promise<Response> {
    const [, first = "", id = "", last = ""] = request.path.split("/");
    switch (first) {
      case "health":
        return Response.json({ ok: true, pid: 1 });
      case "procs":
        return this.#processRequest(id, request);
      case "tool-calls":
        return this.#toolCall(id, request);
      case "files":
        return this.#file(request);
      case "ports":
        return id === "" ? this.#listPorts() : this.#proxy(id, request);
      case "checkpoints":
        return this.#checkpoint([id, last], request);
      case "snapshots":
        return this.#snapshot([id, last], request);
      default:
        throw nothing("such path in the agent");
    }
  }

  #processRequest(id: string, request: AgentRequest): Response {
    const one = id !== "";
    switch (request.method) {
      case "POST":
        return one ? this.#input(id, request) : this.#exec(request);
      case "GET":
        return one ? this.#output(id, request) : this.#listProcesses();
      default:
        kill(this.#process(id));
        return new Response(null, { status: 204 });
    }
  }

  #exec({ body, query }: AgentRequest): Response {
    const json = parseJson(new TextDecoder().decode(body), "The command") as { process?: string };
    const { process: wanted, ...rest } = json;
    const exec = parse(execSchema, rest, "The command");
    const id = wanted ?? query.get("process") ?? `p${this.#processes.size + 1}`;
    const found = this.#processes.get(id);
    if (found) return new Response(found.log.read(0), { headers: NDJSON });
    const running = this.#run(id, exec.command, exec);
    this.#processes.set(id, running);
    return new Response(running.log.read(0), { headers: NDJSON });
  }

  #run(
    id: string,
    command: string,
    how: { readonly input?: string | undefined; timeoutMs: number; background: boolean },
  ): Running {
    const ended = new AbortController();
    const running: Running = {
      view: { process: id, command, startedAt: new Date(this.#clock.now()).toISOString() },
      log: new FrameLog(() => (how.background ? undefined : kill(running))),
      ended,
      background: how.background,
    };
    running.log.push({ t: "start", process: id });
    void this.#finish(running, how);
    return running;
  }

  async #finish(
    running: Running,
    { input = "", timeoutMs }: { readonly input?: string | undefined; readonly timeoutMs: number },
  ): Promise<void> {
    const { log, ended, view } = running;
    const timer = new AbortController();
    const late = () => (timer.signal.aborted ? undefined : kill(running, true));
    void this.#clock.sleep(timeoutMs, timer.signal).then(late);
    const tell = (t: "out" | "err") => (text: string) => log.push({ t, b64: b64(text) });
    const code = await runLine(view.command, {
      files: this.#files,
      clock: this.#clock,
      signal: ended.signal,
      input,
      out: tell("out"),
      err: tell("err"),
    });
    timer.abort();
    end(running, { code, signal: null, timedOut: false });
  }

  #process(id: string): Running {
    const found = this.#processes.get(id);
    if (!found) throw nothing(`process "${id}"`);
    return found;
  }

  #listProcesses(): Response {
    const items = [...this.#processes.values()].map(({ view, log, exit }): ProcessView => ({
      ...view,
      state: exit === undefined ? "running" : "ended",
      head: log.head,
      ...(exit === undefined ? {} : { exit }),
    }));
    return Response.json({ items });
  }

  #output(id: string, { query }: AgentRequest): Response {
    const { log } = this.#process(id);
    return new Response(log.read(Number(query.get("from") ?? 0)), { headers: NDJSON });
  }

  #input(id: string, { body }: AgentRequest): Response {
    parse(processInputSchema, parseJson(new TextDecoder().decode(body), "The input"), "The input");
    if (this.#process(id).exit) throw new ProblemError(problem("conflict", "It has ended."));
    return new Response(null, { status: 204 });
  }

  #toolCall(id: string, { method, query, call }: AgentRequest): Response {
    const found = this.#calls.get(id);
    if (method === "POST") {
      if (call === null) throw nothing("tool call in this request");
      const running = found ?? this.#carryOut(call);
      this.#calls.set(id, running);
      return new Response(running.log.read(0), { headers: NDJSON });
    }
    if (!found) throw nothing(`tool call "${id}"`);
    if (method === "GET")
      return new Response(found.log.read(Number(query.get("from") ?? 0)), { headers: NDJSON });
    found.ended.abort();
    found.log.push({ t: "result", result: { isError: true, text: "It was cancelled." } });
    return new Response(null, { status: 204 });
  }

  /** Knows `run_command` alone. */
  #carryOut(call: SandboxCall): Running {
    this.carriedOut.push(call);
    const ended = new AbortController();
    const command = String(call.arguments["command"] ?? "");
    const startedAt = new Date(this.#clock.now()).toISOString();
    const log = new FrameLog();
    const running = { view: { process: call.call, command, startedAt }, log, ended };
    log.push({ t: "start" });
    void this.#result(call, command, running);
    return { ...running, background: true };
  }

  async #result(
    call: SandboxCall,
    command: string,
    { log, ended }: Pick<Running, "log" | "ended">,
  ): Promise<void> {
    const said: string[] = [];
    const tell = (t: "out" | "err") => (text: string) => {
      said.push(text);
      log.push({ t, b64: b64(text) });
    };
    const world = { files: this.#files, clock: this.#clock, signal: ended.signal, input: "" };
    const known = call.tool === "run_command";
    const code = known
      ? await runLine(command, { ...world, out: tell("out"), err: tell("err") })
      : 1;
    const text = known ? `${said.join("")}(exit ${code})` : `A fake has no tool "${call.tool}".`;
    const last: NewFrame = { t: "result", result: { isError: code !== 0, text } };
    log.push(last);
  }

  async #file({ method, query, headers, body }: AgentRequest): Promise<Response> {
    const path = (query.get("path") ?? ".").replace(/^(?:\.\/)+/, "");
    if (method === "GET") return readPath(this.#files, path, headers);
    if (method === "PUT") {
      const etag = await writePath(this.#files, path, { headers, body });
      return Response.json({ etag }, { headers: { etag } });
    }
    removePath(this.#files, path);
    return new Response(null, { status: 204 });
  }

  #listPorts(): Response {
    const items = [...this.ports.keys()].map((port) => ({ port, address: "loopback" }));
    return Response.json({ items });
  }

  async #proxy(port: string, request: AgentRequest): Promise<Response> {
    const handler = this.ports.get(Number(port));
    if (!handler)
      throw new ProblemError(problem("sandbox_failed", `Nothing listens on port ${port}.`));
    const path = request.path.replace(/^\/ports\/\d+\/proxy/, "") || "/";
    const headers = new Headers(request.headers);
    headers.set("host", `localhost:${port}`);
    return handler({ ...request, path, headers });
  }

  async #checkpoint([id, last]: readonly [string, string], request: AgentRequest) {
    const { method, query, body } = request;
    const json = () => parseJson(new TextDecoder().decode(body), "The request");
    const at = (name: string | null) => {
      const found = name === null ? this.#files : this.#checkpoints.get(name);
      if (!found) throw nothing(`checkpoint "${name}"`);
      return found;
    };
    if (method === "GET" && id === "changes") {
      const hunks = await changesBetween(at(query.get("from") ?? ""), at(query.get("to")));
      return Response.json({ hunks, more: false });
    }
    if (method === "POST" && id === "") {
      const { checkpoint } = parse(checkpointAskSchema, json(), "The checkpoint");
      return Response.json(await this.#keep(checkpoint));
    }
    if (method === "POST" && id === "undo") {
      const { from, to, ...rest } = json() as { from: string; to?: string };
      const { hunks } = parse(undoSchema, rest, "The hunks");
      const bounds = { from: at(from), to: new Map(at(to ?? null)), now: this.#files };
      return Response.json(await undoHunks(hunks, bounds));
    }
    if (method === "POST" && last === "restore") {
      const kept = new Map(at(id));
      this.#files.clear();
      for (const [path, bytes] of kept) this.#files.set(path, bytes);
      return new Response(null, { status: 204 });
    }
    throw nothing("such path among checkpoints");
  }

  async #keep(checkpoint: CheckpointId): Promise<{ changed: boolean; described: string }> {
    const before = [...this.#checkpoints.values()].at(-1) ?? new Map<string, Uint8Array>();
    const changed = (await changesBetween(before, this.#files)).length > 0;
    this.#checkpoints.set(checkpoint, new Map(this.#files));
    return { changed, described: new TextDecoder().decode(this.#files.get("AGENTS.md")) };
  }

  async #snapshot([id, last]: readonly [string, string], { method, body }: AgentRequest) {
    if (method === "POST" && id === "")
      return Response.json(await snapshotOf(this.#files, this.#objects));
    if (method === "POST" && last === "restore") {
      restoreSnapshot(this.#files, id, this.#objects);
      return new Response(null, { status: 204 });
    }
    if (!["packs", "manifests"].includes(id) || !HASH.test(last)) throw nothing("such object");
    if (method === "PUT") {
      if ((await sha256Hex(body)) !== last)
        throw new ProblemError(problem("invalid_request", "These bytes have another hash."));
      this.#objects.set(last, body);
      return new Response(null, { status: 204 });
    }
    const found = this.#objects.get(last);
    if (!found) throw nothing(`object ${last}`);
    return new Response(Uint8Array.from(found));
  }
}

function kill(running: Running, timedOut = false): void {
  end(running, { code: null, signal: "SIGKILL", timedOut });
  running.ended.abort();
}

function end(running: Running, exit: ExitStatus): void {
  if (running.exit) return;
  running.exit = exit;
  running.log.push({ t: "exit", ...exit });
}
