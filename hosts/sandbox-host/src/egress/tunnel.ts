// What happens after CONNECT: a tunnel whose ends are not looked into, or one that ends here because secrets go in.
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";

import type { Scheme } from "./asked.ts";
import type { Authority } from "./authority.ts";
import { readHello, type Hello } from "./client-hello.ts";
import { malformed } from "./denial.ts";
import { join } from "./forward.ts";
import { isAddress, type Target } from "./target.ts";

const ESTABLISHED = "HTTP/1.1 200 Connection Established\r\n\r\n";

export interface TunnelEnds {
  readonly target: Target;
  /** From the sandbox; nothing of the tunnel is read yet. */
  readonly socket: Duplex;
  readonly upstream: Duplex;
}

export interface TunnelParts {
  /** Whether headers with secrets are set at the target. */
  readonly isRead: boolean;
  readonly authority: Authority;
  readonly now: () => number;
  /** Takes over a connection whose requests are read here. */
  readonly serve: (connection: Duplex, scheme: Scheme) => void;
  /** To be told what ends the tunnel before it began. */
  readonly onDenied: (error: unknown) => void;
}

/** Says yes to the sandbox, and passes on or takes over what it sends then. */
export async function tunnel(ends: TunnelEnds, parts: TunnelParts): Promise<void> {
  const { target, socket, upstream } = ends;
  socket.write(ESTABLISHED);
  // On other ports the far end may speak first, as SSH does.
  if (!parts.isRead && target.port !== 80 && target.port !== 443) return join(socket, upstream);
  const hello = await firstHello(ends);
  if (hello === undefined) return cut(ends);
  if (hello.is === "hello" || hello.is === "malformed") {
    if (!isFor(target, hello, parts.isRead)) {
      parts.onDenied(malformed("its TLS asks for another host than CONNECT did"));
      return cut(ends);
    }
    return parts.isRead ? takeOver(ends, parts) : join(socket, upstream);
  }
  // Plain HTTP is read too where nobody would notice that it names another host.
  if (parts.isRead || target.port === 80) return parts.serve(socket, "http");
  return join(socket, upstream);
}

/** The sandbox's TLS ends here. The client has to trust the authority of this process. */
async function takeOver({ target, socket }: TunnelEnds, parts: TunnelParts): Promise<void> {
  const secureContext = await parts.authority.contextFor(target.host, parts.now());
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext,
    ALPNProtocols: ["http/1.1"],
  });
  secure.on("error", () => secure.destroy()); // A client that does not trust us, or was cut off.
  parts.serve(secure, "https");
}

function cut({ socket, upstream }: TunnelEnds): void {
  socket.destroy();
  upstream.destroy();
}

/** Addresses are named by nobody. Where nothing is put in, a client that names nobody gets what the address has. */
function isFor({ host }: Target, hello: Hello, isRead: boolean): boolean {
  if (hello.is !== "hello") return false;
  if (hello.name === undefined) return !isRead || isAddress(host);
  return hello.name === host;
}

/** Waits for the first bytes, and puts them back. Undefined where one of the ends is gone before. */
async function firstHello({ socket, upstream }: TunnelEnds): Promise<Hello | undefined> {
  if (socket.destroyed || socket.readableEnded || upstream.destroyed) return undefined;
  const { promise, resolve } = Promise.withResolvers<Hello | undefined>();
  const end = () => resolve(undefined);
  let held: Buffer = Buffer.alloc(0);
  const take = (piece: Buffer) => {
    held = Buffer.concat([held, piece]);
    const hello = readHello(held);
    if (hello.is === "more") return;
    // At once: in the next tick the end of the stream may have been told already.
    socket.pause();
    socket.off("data", take);
    socket.unshift(held);
    resolve(hello);
  };
  socket.on("data", take).once("end", end).once("close", end);
  upstream.once("close", end);
  socket.resume();
  return promise.finally(() => {
    socket.off("data", take).off("end", end).off("close", end);
    upstream.off("close", end);
  });
}
