// A service with effects, for an agent's HTTP tool to call: it remembers every request that reached it.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface EffectHit {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface EffectServer {
  readonly url: string;
  /** `host:port`, as the product's list of allowed local addresses wants it. */
  readonly host: string;
  readonly hits: readonly EffectHit[];
  close(): Promise<void>;
}

/**
 * Listens on a free loopback port. A hit counts as soon as its request is whole; the answer comes `delayMs()` later,
 * so that a kill in between leaves an effect whose outcome nobody was told.
 */
export async function startEffectServer(delayMs: () => number = () => 0): Promise<EffectServer> {
  const hits: EffectHit[] = [];
  const server = createServer((request, response) => {
    void serve(request, response);
  });
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const hit = await take(request);
    hits.push(hit);
    setTimeout(() => answer(hit, response), delayMs());
  };
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
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

async function take(request: IncomingMessage): Promise<EffectHit> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    at: Date.now(),
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers as Record<string, string>,
    body: Buffer.concat(chunks).toString("utf8"),
  };
}

function answer(hit: EffectHit, response: ServerResponse): void {
  if (response.destroyed) return;
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ did: hit.body === "" ? hit.path : hit.body }));
}
