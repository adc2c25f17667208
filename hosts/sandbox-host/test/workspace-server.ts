// A small server that mounts the workspace's routes, as the in-sandbox agent does, and a workspace to use them on.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  makeId,
  ProblemError,
  statusOf,
  type CheckpointId,
  type Hunk,
  type Problem,
  type SandboxSnapshot,
  type Undone,
} from "@acos/protocol";

import { checkpointRoutes } from "../src/agent/checkpoints/routes.ts";
import type { AgentPlace, Route } from "../src/agent/route.ts";
import { snapshotRoutes } from "../src/agent/snapshots/routes.ts";

/** Serves routes on a free loopback port until it is closed. */
async function serve(routes: readonly Route[]): Promise<Server> {
  const server = createServer((request, response) => void answer(routes, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function answer(
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://agent.internal");
  const route = routes.find((one) => one.method === request.method && one.path.test(url.pathname));
  const params = { ...route?.path.exec(url.pathname)?.groups };
  try {
    if (route === undefined) response.writeHead(404).end();
    else await route.serve({ request, response, url, params });
  } catch (error) {
    const { problem } =
      error instanceof ProblemError
        ? error
        : { problem: { code: "internal" as const, message: String((error as Error).stack) } };
    if (!response.headersSent) response.writeHead(statusOf(problem.code));
    response.end(JSON.stringify(problem));
  }
}

class AgentRefused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.message}`);
    this.problem = problem;
  }
}

/** A workspace with an agent's routes; what the agent refuses is thrown as AgentRefused. */
export class TestWorkspace {
  readonly root: string;
  readonly place: AgentPlace;
  #server: Server | undefined;

  constructor(root = mkdtempSync(join(tmpdir(), "acos-workspace-"))) {
    this.root = root;
    this.place = { workspace: join(root, "workspace"), state: join(root, "state") };
    mkdirSync(this.place.workspace, { recursive: true });
    mkdirSync(this.place.state, { recursive: true });
  }

  at(path: string): string {
    return join(this.place.workspace, path);
  }

  async fetch(method: string, path: string, body?: string | Uint8Array): Promise<Response> {
    this.#server ??= await serve([...checkpointRoutes(this.place), ...snapshotRoutes(this.place)]);
    const { port } = this.#server.address() as AddressInfo;
    const sent = body === undefined ? {} : { body: new Blob([new Uint8Array(Buffer.from(body))]) };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...sent });
    if (!response.ok) throw new AgentRefused((await response.json()) as Problem);
    return response;
  }

  async #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return (await (await this.fetch(method, path, text)).json()) as T;
  }

  keep(checkpoint: CheckpointId): Promise<{ changed: boolean; described: string }> {
    return this.#json("POST", "/checkpoints", { checkpoint });
  }

  changes(from: CheckpointId, to?: CheckpointId): Promise<{ hunks: Hunk[]; more: boolean }> {
    const end = to === undefined ? "" : `&to=${to}`;
    return this.#json("GET", `/checkpoints/changes?from=${from}${end}`);
  }

  undo(from: CheckpointId, hunks: readonly string[], to?: CheckpointId): Promise<Undone> {
    return this.#json("POST", "/checkpoints/undo", {
      from,
      ...(to === undefined ? {} : { to }),
      hunks,
    });
  }

  goBack(checkpoint: CheckpointId): Promise<unknown> {
    return this.#json("POST", `/checkpoints/${checkpoint}/restore`);
  }

  snapshot(): Promise<SandboxSnapshot> {
    return this.#json("POST", "/snapshots");
  }

  async bytes(path: string): Promise<Buffer> {
    return Buffer.from(await (await this.fetch("GET", path)).arrayBuffer());
  }

  restore(snapshot: string): Promise<unknown> {
    return this.#json("POST", `/snapshots/${snapshot}/restore`);
  }

  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Checkpoint ids in the order of their numbers. */
export function checkpointId(number: number): CheckpointId {
  return makeId("checkpoint", 1_700_000_000_000 + number, new Uint8Array(10));
}
