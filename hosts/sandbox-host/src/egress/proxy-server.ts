// The proxy's two faces on one HTTP parser: what a sandbox asks of the proxy, and what it asks inside a tunnel that is read.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import { absoluteAsked, connectAsked, tunnelledAsked, type Asked, type Scheme } from "./asked.ts";
import type { Authority } from "./authority.ts";
import { checked, type Checked } from "./checked-connection.ts";
import { Denial, DENIAL_HEADERS, denialAnswer, malformed } from "./denial.ts";
import { forward, forwardUpgrade, type Passing } from "./forward.ts";
import { OutletAgent } from "./outlet-agent.ts";
import type { Outlet } from "./outlet.ts";
import { rulesFor, type SecretHeaders } from "./secret-headers.ts";
import type { Target } from "./target.ts";
import { tunnel } from "./tunnel.ts";

/** More than the strict parser lets through, so that its words are the ones that are read. */
const HEAD_MAX_BYTES = 64 * 1024;
/** For records of what could not be read. */
const NOWHERE: Target = { host: "", port: 0 };

export interface ProxyParts {
  readonly outlet: Outlet;
  readonly secrets: SecretHeaders;
  readonly authority: Authority;
  readonly authorities: readonly string[];
  readonly now: () => number;
}

/** A connection whose requests are read; `tunnel` where they are for one target only. */
interface Face extends Checked {
  readonly tunnel?: Pick<Asked, "target" | "scheme"> & { readonly agent: OutletAgent };
}

export class ProxyServer {
  readonly #parts: ProxyParts;
  readonly #faces = new WeakMap<Duplex, Face>();
  readonly #server: Server;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    this.#server = createServer({
      insecureHTTPParser: false,
      requireHostHeader: false, // The strict parser in front has asked for it.
      maxHeaderSize: HEAD_MAX_BYTES,
      headersTimeout: 0,
      requestTimeout: 0, // Uploads take their time; silence ends a connection.
      keepAliveTimeout: 0, // Silence ends it, see door.ts.
    });
    this.#server.on("request", (request, response) => void this.#request(request, response));
    this.#server.on(
      "connect",
      (request, socket, head) => void this.#connect(request, socket, head),
    );
    this.#server.on(
      "upgrade",
      (request, socket, head) => void this.#upgrade(request, socket, head),
    );
    this.#server.on("clientError", (error, socket) => this.#unread(error, socket));
  }

  /** Takes over a connection from a sandbox, until it ends. */
  serve(inner: Duplex, tunnelled?: Face["tunnel"]): void {
    const target = tunnelled?.target ?? NOWHERE;
    const face = checked(inner, (denial) => this.#parts.outlet.denied(target, denial));
    face.connection.on("error", () => face.connection.destroy());
    this.#faces.set(face.connection, { ...face, ...(tunnelled && { tunnel: tunnelled }) });
    if (tunnelled) face.connection.once("close", () => tunnelled.agent.destroy());
    this.#server.emit("connection", face.connection);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.once("close", () => this.#faces.get(request.socket)?.answered());
    try {
      await forward(request, response, await this.#passing(request));
    } catch (error) {
      const { status, message } = this.#denialOf(error);
      if (response.headersSent) return void response.destroy();
      response.writeHead(status, DENIAL_HEADERS).end(`${message}\n`);
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      await forwardUpgrade(request, { socket, head }, await this.#passing(request));
    } catch (error) {
      socket.end(denialAnswer(this.#denialOf(error)), () => socket.destroy());
    }
  }

  async #connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (head.length > 0) socket.unshift(head);
    try {
      if (this.#faces.get(request.socket)?.tunnel)
        throw new Denial("CONNECT in a tunnel", "A tunnel leads nowhere else.", 400);
      const target = this.#recorded(spelled(request), () => connectAsked(request));
      const upstream = await this.#parts.outlet.open(target);
      upstream.on("error", () => upstream.destroy());
      await tunnel(
        { target, socket, upstream },
        {
          ...this.#parts,
          isRead: rulesFor(this.#parts.outlet.policy, target).length > 0,
          serve: (connection, scheme) =>
            this.serve(connection, this.#tunnelled({ target, scheme, first: upstream })),
          onDenied: (error) => this.#parts.outlet.denied(target, error),
        },
      );
    } catch (error) {
      socket.end(denialAnswer(this.#denialOf(error)), () => socket.destroy());
    }
  }

  /** What a request asks for, with the policy's headers and a way to get there. Throws Denial, which is recorded. */
  async #passing(request: IncomingMessage): Promise<Passing> {
    const inside = this.#faces.get(request.socket)?.tunnel;
    const asked = this.#recorded(inside?.target ?? spelled(request), () =>
      inside ? tunnelledAsked(request, inside) : absoluteAsked(request),
    );
    const rules = rulesFor(this.#parts.outlet.policy, asked.target);
    const agent = inside?.agent ?? this.#agent(asked);
    if (inside?.scheme === "https" && rules.length === 0) throw changed();
    try {
      return { asked, agent, filled: await this.#parts.secrets.fill(rules, asked.target) };
    } catch (error) {
      throw this.#parts.outlet.denied(asked.target, error);
    }
  }

  /** What the strict parser passed on and the one behind it did not read: nothing that is known of. */
  #unread(error: Error & { readonly code?: string }, socket: Duplex): void {
    const isMalformed = error.code?.startsWith("HPE_") && error.code !== "HPE_INVALID_EOF_STATE";
    if (!isMalformed || !socket.writable) return void socket.destroy();
    const target = this.#faces.get(socket)?.tunnel?.target ?? NOWHERE;
    const denial = this.#parts.outlet.denied(target, malformed("it cannot be read"));
    socket.end(denialAnswer(denial), () => socket.destroy());
  }

  #tunnelled({ target, scheme, first }: { target: Target; scheme: Scheme; first: Duplex }) {
    return { target, scheme, agent: this.#agent({ target, scheme }, first) };
  }

  #agent({ target, scheme }: Pick<Asked, "target" | "scheme">, first?: Duplex): OutletAgent {
    const { outlet, authorities } = this.#parts;
    return new OutletAgent({ outlet, target, scheme, authorities, ...(first && { first }) });
  }

  #recorded<T>(target: Target, read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw this.#parts.outlet.denied(target, error);
    }
  }

  /** What a sandbox is told. Words of the runtime stay here: they name addresses, and may quote what was sent. */
  #denialOf(error: unknown): Denial {
    if (error instanceof Denial) return error;
    return new Denial(
      "the connection broke off",
      "The connection broke off before there was an answer.",
      502,
    );
  }
}

/** A tunnel that was read needs that no more: the next one is not. */
function changed(): Denial {
  const words = "The egress policy of this group has changed. Connect again.";
  return new Denial("the policy has changed", words, 503);
}

/** What a request asks for as it is spelled, for the record: without a user name, a path or a query. */
function spelled({ method, url = "" }: IncomingMessage): Target {
  const authority = method === "CONNECT" ? url : (/^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? "");
  return { host: authority.replace(/^.*@/, "…@"), port: 0 };
}
