// A host behind a loopback port: how requests and sockets get there, and who hands it the authority's public keys.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { TestAuthority } from "@acos/testkit";

import type { Place } from "./target.ts";

/** Sends what was signed for the host's fixed name to where it listens. */
export function overHttp(
  origin: string,
  extra: Readonly<Record<string, string>>,
): Pick<Place, "fetch" | "socket"> {
  const there = (target: string) => origin + target.slice(new URL(target).origin.length);
  return {
    fetch: ({ method, url, headers, body }, signal) => {
      const sent = new Headers(headers);
      for (const [name, value] of Object.entries(extra)) sent.set(name, value);
      return fetch(there(url), {
        method,
        headers: sent,
        redirect: "manual",
        ...(body.length > 0 ? { body } : {}),
        ...(signal === undefined ? {} : { signal }),
      });
    },
    socket: (target) => ({ url: there(target).replace(/^http/, "ws"), headers: extra }),
  };
}

export interface JwksServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves the authority's keys on loopback, as the Orchestrator does. */
export async function serveJwks(authority: TestAuthority): Promise<JwksServer> {
  const text = JSON.stringify(await authority.jwks());
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(text);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
