// One request that the proxy reads, on its way out and its answer's way back. A redirect is an answer like any other.
import {
  request as startRequest,
  type Agent,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { Asked } from "./asked.ts";
import { incomingHeaders, outgoingHeaders } from "./outgoing-headers.ts";

export interface Passing {
  readonly asked: Asked;
  /** Headers that the policy sets. */
  readonly filled: ReadonlyMap<string, string>;
  /** Makes the connection. */
  readonly agent: Agent;
}

/** Sends the request on and its answer back. Rejects where there was no answer; one that broke off is cut. */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  passing: Passing,
): Promise<void> {
  const outgoing = start(request, passing);
  response.once("close", () => response.writableFinished || outgoing.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.once("response", resolve);
  outgoing.once("error", reject);
  outgoing.once("close", () => reject(new Error("closed before there was an answer")));
  outgoing.once("upgrade", (_answer, socket: Duplex) => {
    socket.destroy();
    reject(new Error("an upgrade that nobody asked for"));
  });
  request.pipe(outgoing);
  const answer = await promise;
  // A server may answer and hang up while the request is still being sent; whether its answer is whole is told below.
  outgoing.on("error", () => undefined);
  response.sendDate = false;
  response.writeHead(answer.statusCode ?? 502, incomingHeaders(answer));
  // What breaks off is cut, so that nobody takes it for whole.
  await pipeline(answer, response).catch(() => response.destroy());
}

/** Sends a request for a WebSocket on; when it is agreed to, both ends are one connection. Rejects as `forward` does. */
export async function forwardUpgrade(
  request: IncomingMessage,
  { socket, head }: { readonly socket: Duplex; readonly head: Buffer },
  passing: Passing,
): Promise<void> {
  const outgoing = start(request, passing, ["connection", "Upgrade", "upgrade", "websocket"]);
  socket.once("close", () => outgoing.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  outgoing.once("error", reject);
  outgoing.once("close", () => reject(new Error("closed before there was an answer")));
  outgoing.once("response", (answer) => {
    // No is an answer too; the connection ends with it.
    socket.write(headOf(answer, ["connection", "close"]), "latin1");
    resolve(pipeline(answer, socket).catch(() => void socket.destroy()));
  });
  outgoing.once("upgrade", (answer, upstream: Duplex, early: Buffer) => {
    socket.write(headOf(answer, ["connection", "Upgrade", "upgrade", "websocket"]), "latin1");
    if (early.length > 0) socket.write(early);
    if (head.length > 0) upstream.write(head);
    resolve(join(socket, upstream));
  });
  outgoing.end();
  await promise;
}

/** Passes bytes both ways until both have ended, or one broke. */
export async function join(one: Duplex, other: Duplex): Promise<void> {
  const cut = () => {
    one.destroy();
    other.destroy();
  };
  await Promise.all([pipeline(one, other), pipeline(other, one)]).then(cut, cut);
}

function start(
  request: IncomingMessage,
  { asked, filled, agent }: Passing,
  more: readonly string[] = [],
) {
  const headers = [...outgoingHeaders(request, asked, filled), ...more];
  return startRequest({ agent, method: request.method ?? "GET", path: asked.path, headers });
}

function headOf(answer: IncomingMessage, more: readonly string[]): string {
  const flat = [...incomingHeaders(answer), ...more];
  const lines = Array.from(
    { length: flat.length / 2 },
    (_, at) => `${flat[2 * at]}: ${flat[2 * at + 1]}`,
  );
  return [
    `HTTP/1.1 ${answer.statusCode} ${answer.statusCode === 101 ? "Switching Protocols" : ""}`,
    ...lines,
    "",
    "",
  ].join("\r\n");
}
