// A container that runs nothing: its port leads to a fake sandbox, which believes whoever knows the bearer it was started with.
import { statusOf, ProblemError } from "@acos/protocol";
import { FakeSandbox, type SandboxClock } from "@acos/testkit";

import type { AgentPort, ContainerPort, Storage } from "../src/container-port.ts";

export interface SeenCall {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly redirect: string | undefined;
}

export class FakeContainer implements ContainerPort {
  running = false;
  readonly starts: { readonly enableInternet: boolean; readonly env: Record<string, string> }[] =
    [];
  readonly seen: SeenCall[] = [];
  readonly keptFor: number[] = [];
  /** How many looks it takes until the agent answers; Infinity: it never does. */
  looksUntilReady = 1;
  sandbox: FakeSandbox | undefined;
  /** What it answers instead, as a server of its own would. */
  answers: ((call: SeenCall) => Response) | undefined;
  readonly #clock: SandboxClock;
  #ended: { resolve: () => void; promise: Promise<void> } = Promise.withResolvers<void>();

  constructor(clock: SandboxClock) {
    this.#clock = clock;
  }

  start(options: { readonly enableInternet: boolean; readonly env: Record<string, string> }): void {
    if (this.running) throw new Error("start() on a container that runs");
    this.running = true;
    this.starts.push(options);
    this.#ended = Promise.withResolvers<void>();
    this.sandbox = new FakeSandbox(new Map(), this.#clock);
  }

  monitor(): Promise<void> {
    return this.#ended.promise;
  }

  /** Ends it as a machine that fails does: unasked, with everything in it. */
  die(): void {
    this.running = false;
    this.sandbox?.end();
    this.#ended.resolve();
  }

  destroy(): Promise<void> {
    this.die();
    return Promise.resolve();
  }

  setInactivityTimeout(durationMs: number): Promise<void> {
    this.keptFor.push(durationMs);
    return Promise.resolve();
  }

  getTcpPort(port: number): AgentPort {
    return { fetch: (url, init) => this.#fetch(port, url, init) };
  }

  async #fetch(port: number, url: string, init: RequestInit): Promise<Response> {
    const env = this.starts.at(-1)?.env ?? {};
    this.looksUntilReady -= 1;
    if (!this.running || this.looksUntilReady > 0 || String(port) !== env["ACOS_AGENT_PORT"])
      throw new Error("connection refused");
    const headers = new Headers(init.headers as Record<string, string>);
    const method = init.method ?? "GET";
    const call = { url, method, headers, redirect: init.redirect };
    this.seen.push(call);
    if (headers.get("authorization") !== `Bearer ${env["ACOS_AGENT_BEARER"]}`)
      return new Response(null, { status: 401 });
    if (this.answers) return this.answers(call);
    const { pathname, searchParams: query } = new URL(url);
    const body = (init.body as Uint8Array | undefined) ?? new Uint8Array();
    const named = /^\/tool-calls\/[^/]+$/.test(pathname) && method === "POST";
    const asked = named ? (JSON.parse(new TextDecoder().decode(body)) as never) : null;
    try {
      const request = { method, path: pathname, query, headers, body, call: asked };
      return await this.sandbox!.answer(request);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return Response.json(error.problem, { status: statusOf(error.problem.code) });
    }
  }
}

export class FakeStorage implements Storage {
  readonly kept = new Map<string, string>();

  get(key: string): Promise<unknown> {
    const found = this.kept.get(key);
    return Promise.resolve(found === undefined ? undefined : (JSON.parse(found) as unknown));
  }

  put(key: string, value: unknown): Promise<void> {
    this.kept.set(key, JSON.stringify(value));
    return Promise.resolve();
  }

  deleteAll(): Promise<void> {
    this.kept.clear();
    return Promise.resolve();
  }
}
