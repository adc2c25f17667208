// The agent's HTTP server: who may ask, /health at once, and everything else by the application that is loaded behind it.
import { createHash, timingSafeEqual } from "node:crypto";
import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import type { AgentEnvironment } from "./environment.ts";

/** What answers requests once it is loaded. Contract: neither function throws or rejects. */
export interface Application {
  readonly serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;
  /** Ends every process and terminal. */
  readonly end: () => Promise<void>;
}

interface ServerParts {
  readonly environment: AgentEnvironment;
  readonly load: () => Promise<Application>;
  readonly say: (what: string, error: unknown) => void;
}

/** Headers of a browser's cookies may be large; Node's own limit is for a public server. */
const HEADERS_MAX_BYTES = 128 * 1024;
/** Longer than a host keeps a connection, so that it never writes into one that is just being closed. */
const KEEP_ALIVE_MS = 120_000;

/** Listens and answers; rejects when it cannot listen. */
export async function openServer(parts: ServerParts): Promise<{ end: () => Promise<void> }> {
  const { environment, say } = parts;
  let application: Promise<Application> | undefined;
  const loaded = () => (application ??= parts.load());
  const allowed = gate(environment);
  const server = createServer({ maxHeaderSize: HEADERS_MAX_BYTES, requestTimeout: 0 });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on("request", (request, response) => {
    for (const stream of [request, response]) stream.on("error", () => undefined);
    if (!allowed(request)) refuse(response);
    else if (request.url === "/health" && request.method === "GET") health(response);
    else
      loaded()
        .then((it) => it.serve(request, response))
        .catch((error: unknown) => fail(response, say, error));
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => undefined);
    if (!allowed(request)) socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
    else
      loaded()
        .then((it) => it.upgrade(request, socket, head))
        .catch((error: unknown) => (say("upgrade", error), socket.destroy()));
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  await listen(server, environment.listen);
  server.on("error", (error) => say("server", error));
  setImmediate(() => void loaded().catch((error: unknown) => say("load", error)));
  return { end: async () => (await loaded()).end() };
}

async function listen(server: Server, where: AgentEnvironment["listen"]): Promise<void> {
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  if ("socket" in where) {
    rmSync(where.socket, { force: true });
    server.listen(where.socket, listening.resolve);
  } else {
    // A container's host comes from outside its loopback; the bearer keeps everybody else out.
    server.listen(where.port, "0.0.0.0", listening.resolve);
  }
  await listening.promise;
  server.off("error", listening.reject);
}

/** On a unix socket whoever reaches it may ask; on TCP each request proves that it knows the bearer, which goes no further. */
function gate({ listen: where }: AgentEnvironment): (request: IncomingMessage) => boolean {
  if ("socket" in where) return () => true;
  const expected = hash(`Bearer ${where.bearer}`);
  return (request) => {
    const given = hash(request.headers.authorization ?? "");
    if (!timingSafeEqual(given, expected)) return false;
    dropAuthorization(request);
    return true;
  };
}

const hash = (text: string) => createHash("sha256").update(text).digest();

function dropAuthorization(request: IncomingMessage): void {
  delete request.headers.authorization;
  for (let at = request.rawHeaders.length - 2; at >= 0; at -= 2)
    if (request.rawHeaders[at]?.toLowerCase() === "authorization") request.rawHeaders.splice(at, 2);
}

function health(response: ServerResponse): void {
  answer(response, 200, { ok: true, pid: process.pid });
}

function refuse(response: ServerResponse): void {
  answer(response, 401, {
    code: "unauthenticated",
    message: "Send the bearer that this agent was started with.",
  });
}

function fail(response: ServerResponse, say: ServerParts["say"], error: unknown): void {
  say("request", error);
  if (response.headersSent) response.destroy();
  else
    answer(response, 500, { code: "internal", message: "The agent could not answer. Try again." });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
