// A small server that answers about sandboxes as the product does, and a terminal that is no real one.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";

import { makeId, type SandboxView } from "@acos/protocol";
import { WebSocketServer, type WebSocket } from "ws";

import type { Terminal } from "../src/cli/terminal.ts";

const id = <K extends Parameters<typeof makeId>[0]>(kind: K, number: number) =>
  makeId(kind, number, new Uint8Array(10).fill(number));
export const GROUP = id("group", 1);
export const SANDBOX = id("sandbox", 1);

export const sandboxNamed = (name: string, number = 1): SandboxView => ({
  sandbox: id("sandbox", number),
  name,
  state: "ready",
  limits: { memoryMiB: 2_048, cpu: 2, pids: 1_024, diskMiB: 4_096 },
  createdAt: "2026-11-26T16:30:00Z",
});

export interface Asked {
  /** Method and path; below the group where it is one of that. */
  readonly route: string;
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
}
export type Answer = object | ((response: ServerResponse, asked: Asked) => void);

/** Serves until `close`. `answers` is what is there: by method and path, by path's beginning where that ends in "*". */
export async function serveSandboxes() {
  const asked: Asked[] = [];
  const answers: Record<string, Answer> = {
    "GET /sandboxes": { items: [sandboxNamed("main")], nextCursor: null },
  };
  const server = createServer(async (request, response) => {
    const path = (request.url ?? "").replace("/api/v1", "").replace(`/groups/${GROUP}`, "");
    const route = `${request.method} ${path.replace(`/sandboxes/${SANDBOX}`, "")}`;
    const seen = { route, body: await text(request), headers: request.headers };
    asked.push(seen);
    const answer = answers[route] ?? answers[`${route.split("?")[0]}`];
    if (typeof answer === "function") {
      answer(response, seen);
      return;
    }
    const none = { code: "not_found", message: "nothing there" };
    response.writeHead(answer ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? none));
  });
  const sockets = new WebSocketServer({ server });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  const { port } = server.address() as { port: number };
  const url = `http://127.0.0.1:${port}`;
  return {
    asked,
    answers,
    url,
    onSocket: (take: (socket: WebSocket, url: string) => void) =>
      void sockets.on("connection", (socket, { url: path = "" }) => take(socket, path)),
    routes: () => asked.map(({ route }) => route),
    close: () => {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A terminal that is read by the test; `isTTY` makes it one that somebody sits at. */
export function fakeTerminal(url: string, isTTY = false) {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const shown = { output: "", errors: "" };
  const modes: boolean[] = [];
  output.on("data", (bytes: Buffer) => void (shown.output += bytes.toString()));
  errors.on("data", (bytes: Buffer) => void (shown.errors += bytes.toString()));
  const interrupt = Promise.withResolvers<void>();
  const size = { columns: 100, rows: 30 };
  const world: Terminal = {
    environment: { ACOS_URL: url, ACOS_API_KEY: "acos_key" },
    input: Object.assign(input, { isTTY, setRawMode: (on: boolean) => void modes.push(on) }),
    output: Object.assign(output, { isTTY, ...size }),
    errors,
    interrupted: interrupt.promise,
  };
  return { world, shown, modes, interrupt: () => interrupt.resolve(), input, output };
}
