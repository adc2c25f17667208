// A service that misbehaves on request: it sends its callers elsewhere, never ends an answer, or drowns them in headers.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface DoorServer {
  readonly url: string;
  /** `host:port`, as the product's list of allowed local addresses wants it. */
  readonly host: string;
  /** Paths that were asked for, with the headers that came along. */
  readonly hits: readonly { readonly path: string; readonly headers: IncomingMessage["headers"] }[];
  close(): Promise<void>;
}

const DRIP_MS = 20;
/** More than any server sends, and than any client should take. */
const HEADERS = 1024;
const HEADER_CHARS = 10 * 1024;

/** Listens on a free loopback port. `/to?url=URL` redirects there, `/circle` to itself; `/drip`, `/flood` and `/headers` do what they say. */
export async function startDoorServer(): Promise<DoorServer> {
  const hits: DoorServer["hits"][number][] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    hits.push({ path, headers: request.headers });
    answer(path, response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    hits,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

function answer(path: string, response: ServerResponse): void {
  const [route, query = ""] = path.split("?");
  if (route === "/to") {
    response.writeHead(302, { location: decodeURIComponent(query.replace(/^url=/, "")) }).end();
  } else if (route === "/circle") response.writeHead(302, { location: path }).end();
  else if (route === "/drip") {
    const drip = setInterval(() => response.write("."), DRIP_MS);
    response.once("close", () => clearInterval(drip));
  } else if (route === "/flood") flood(response);
  else if (route === "/headers") {
    for (let nth = 0; nth < HEADERS; nth += 1)
      response.setHeader(`x-${nth}`, "x".repeat(HEADER_CHARS));
    response.end("drowned");
  } else response.end("the door is open");
}

/** Writes as fast as the other side reads, without an end. */
function flood(response: ServerResponse): void {
  const piece = "x".repeat(64 * 1024);
  const pour = () => {
    while (!response.destroyed) if (!response.write(piece)) return;
  };
  response.on("drain", pour);
  pour();
}
