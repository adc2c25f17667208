// How requests that the proxy reads get their connections: from the outlet, and over TLS where the tunnel was for that.
import { Agent, type ClientRequestArgs } from "node:http";
import type { Duplex } from "node:stream";
import { connect, getCACertificates, type TLSSocket } from "node:tls";

import type { Scheme } from "./asked.ts";
import { Denial } from "./denial.ts";
import { literalAddress } from "./judge-way.ts";
import type { Outlet } from "./outlet.ts";
import type { Target } from "./target.ts";

export interface AgentParts {
  readonly outlet: Outlet;
  readonly target: Target;
  readonly scheme: Scheme;
  /** Authorities (PEM) to believe. */
  readonly authorities: readonly string[];
  /** The connection that is there already, for the first request. */
  readonly first?: Duplex;
}

type Done = (error: Error | null, connection: Duplex) => void;

/** Connections to one target, each judged when it is made. With TLS one at a time, used again; without, one for each request. */
export class OutletAgent extends Agent {
  readonly #parts: AgentParts;
  #first: Duplex | undefined;

  constructor(parts: AgentParts) {
    super(parts.scheme === "https" ? { keepAlive: true, maxSockets: 1 } : {});
    this.#parts = parts;
    this.#first = parts.first;
    this.#first?.on("error", () => undefined); // Its end is told by the request that uses it.
  }

  override createConnection(_options: ClientRequestArgs, done?: Done): undefined {
    void this.#hand(done);
  }

  /** Ends all its connections, the one that no request has used included. */
  override destroy(): void {
    this.#first?.destroy();
    super.destroy();
  }

  async #hand(done?: Done): Promise<void> {
    const opened = await this.#open().catch(asError);
    // The runtime reads no connection where there is an error.
    if (opened instanceof Error) done?.(opened, undefined as unknown as Duplex);
    else done?.(null, opened);
  }

  async #open(): Promise<Duplex> {
    const { outlet, target, scheme, authorities } = this.#parts;
    const first = this.#first;
    this.#first = undefined;
    const connection = first && !first.destroyed ? first : await outlet.open(target);
    if (scheme === "http") return connection;
    return secured(connection, target, authorities).catch((error: unknown) => {
      throw outlet.denied(target, error);
    });
  }
}

/** TLS to the target, its certificate verified for the target's name. Throws Denial. */
async function secured(
  socket: Duplex,
  { host }: Target,
  authorities: readonly string[],
): Promise<TLSSocket> {
  const address = literalAddress(host);
  const secure = connect({
    socket,
    host: address ?? host,
    ...(address === undefined && { servername: host }),
    ca: [...authorities],
    ALPNProtocols: ["http/1.1"],
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  secure.once("secureConnect", resolve);
  secure.once("error", reject);
  secure.once("close", () => reject(new Error("closed")));
  try {
    await promise;
  } catch (error) {
    secure.destroy();
    socket.destroy();
    const { code = "handshake failed" } = error as { readonly code?: string };
    const words = `${host} is allowed, but its certificate or its TLS is not what it should be (${code}). The request was not sent.`;
    throw new Denial(`TLS: ${code}`, words, 502);
  }
  secure.on("error", () => secure.destroy());
  return secure;
}

let defaults: readonly string[] | undefined;

/** Node's authorities, the system's, and those of NODE_EXTRA_CA_CERTS. */
export function defaultAuthorities(): readonly string[] {
  const kinds = ["bundled", "system", "extra"] as const;
  defaults ??= [...new Set(kinds.flatMap((kind) => getCACertificates(kind)))];
  return defaults;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error("no connection");
}
