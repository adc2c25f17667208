// Requests and sockets for a server in the sandbox, carried to its port and back: streamed both ways, nothing kept.
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import type { ProblemError } from "@acos/protocol";

import { refusal } from "../answer.ts";
import type { RouteCall, UpgradeCall } from "../route.ts";
import { connectPort } from "./connect-port.ts";

/** Headers that are about one connection and end with it (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

/** Carries one request. Throws ProblemError where nothing listens; a server that breaks off breaks the answer off. */
export async function proxyRequest(call: RouteCall, ownPort?: number): Promise<void> {
  const { request, response, params } = call;
  const port = Number(params["port"]);
  const socket = await connectPort(port, ownPort);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const left = () => {
    socket.destroy();
    resolve();
  };
  response.once("close", left);
  if (response.destroyed) left();
  try {
    const outgoing = httpRequest({
      createConnection: () => socket,
      method: request.method ?? "GET",
      path: restOf(request),
      headers: flat(requestHeaders(request, port)),
      setHost: false,
    });
    let answered = false;
    // A server may answer before it has taken all, and close: then its answer says how it went.
    outgoing.on("error", (error) => (answered ? undefined : reject(error)));
    outgoing.on("response", (answer) => {
      answered = true;
      answer.on("error", reject);
      passOn(answer, response).catch(reject);
    });
    if (hasBody(request)) request.pipe(outgoing);
    else outgoing.end();
    await promise;
  } catch (error) {
    socket.destroy();
    // Words only where nothing was answered yet; else the break itself is the news.
    if (response.headersSent) response.destroy();
    else throw brokenOff(port, error);
  }
}

async function passOn(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, flat(endToEnd(answer)));
  answer.pipe(response);
}

function brokenOff(port: number, error: unknown): ProblemError {
  const why = error instanceof Error ? error.message : String(error);
  return refusal("sandbox_failed", `The server on port ${port} broke the connection off (${why}).`);
}

/** Joins a socket with the port: the request as it came, but for the host it names, then bytes both ways. */
export async function proxyUpgrade(call: UpgradeCall, ownPort?: number): Promise<void> {
  const { request, socket, head, params } = call;
  const port = Number(params["port"]);
  const inner = await connectPort(port, ownPort);
  const lines = pairs(request.rawHeaders).map(([name, value]) => {
    const [, rewritten] = rewrite([name, value], port);
    return `${name}: ${rewritten}`;
  });
  inner.write(`${request.method} ${restOf(request)} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  if (head.length > 0) inner.write(head);
  joinDuplex(socket, inner);
}

function joinDuplex(outer: Duplex, inner: Duplex): void {
  for (const [from, to] of [
    [outer, inner],
    [inner, outer],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    from.pipe(to);
  }
}

/** What stands after `/proxy`, exactly as it came: a server may care about every byte of it. */
function restOf({ url = "" }: IncomingMessage): string {
  const rest = url.replace(/^\/ports\/\d+\/proxy/, "");
  return rest.startsWith("/") ? rest : `/${rest}`;
}

type Header = readonly [name: string, value: string];

function requestHeaders(request: IncomingMessage, port: number): Header[] {
  return endToEnd(request).map((header) => rewrite(header, port));
}

function endToEnd(message: IncomingMessage): Header[] {
  const named = (message.headers.connection ?? "").toLowerCase().split(/\s*,\s*/);
  const dropped = new Set([...HOP_BY_HOP, ...named]);
  return pairs(message.rawHeaders).filter(([name]) => !dropped.has(name.toLowerCase()));
}

/** Servers for development refuse hosts that they do not know: they are told the one that they listen on. */
function rewrite([name, value]: Header, port: number): Header {
  if (name.toLowerCase() === "host") return [name, `localhost:${port}`];
  if (name.toLowerCase() === "origin") return [name, `http://localhost:${port}`];
  return [name, value];
}

function pairs(raw: readonly string[]): Header[] {
  const headers: Header[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) headers.push([raw[at] ?? "", raw[at + 1] ?? ""]);
  return headers;
}

/** Name, value, name, value: the form in which a header that stands there twice stays two. */
const flat = (headers: readonly Header[]) => headers.flat();

const hasBody = ({ headers }: IncomingMessage) =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
