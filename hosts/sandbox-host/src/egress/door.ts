// The only way out of a sandbox: a proxy on a unix socket, which lets through what the group's policy lists.
//
//   sandbox ─▶ 127.0.0.1:3128 ─▶ socket ─▶ strict parser ─▶ proxy server ─▶ outlet: listed? judged, resolved once ─▶ there
//                                                               └─ tunnels with secrets: TLS ends here, headers are set
import { createServer, type Server, type Socket } from "node:net";

import { processAuthority } from "./authority.ts";
import { denialAnswer } from "./denial.ts";
import type { EgressDoor, EgressOptions } from "./egress-door.ts";
import { CONNECTIONS_MAX, EGRESS_WAITS, Outlet, tooMany } from "./outlet.ts";
import { defaultAuthorities } from "./outlet-agent.ts";
import { ProxyServer } from "./proxy-server.ts";
import { rulesFor, SecretHeaders } from "./secret-headers.ts";
import type { Target } from "./target.ts";

/**
 * Opens the door of one sandbox. Whoever can reach the socket may use it: the folder around it has to keep others out.
 * Rejects when the socket cannot be made.
 */
export async function openEgress(options: EgressOptions): Promise<EgressDoor> {
  const { rim, socketPath } = options;
  const authority = await processAuthority(rim.now());
  const outlet = new Outlet(options);
  const proxy = new ProxyServer({
    outlet,
    authority,
    secrets: new SecretHeaders(rim),
    authorities: rim.authorities ?? defaultAuthorities(),
    now: rim.now,
  });
  const { idleMs } = rim.waits ?? EGRESS_WAITS;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy()); // The sandbox hung up.
    if (sockets.size >= CONNECTIONS_MAX) {
      refuse(socket, outlet);
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.setTimeout(idleMs, () => socket.destroy());
    proxy.serve(socket);
  });
  await listen(server, socketPath);
  return {
    caPem: authority.caPem,
    bytes: () => outlet.bytes,
    setPolicy(policy) {
      const before = outlet.policy;
      outlet.policy = policy;
      // A tunnel that nobody reads cannot be given a secret, nor one that is read be left alone.
      const isRead = (target: Target) => rulesFor(policy, target).length > 0;
      outlet.cut((target) => isRead(target) !== rulesFor(before, target).length > 0);
    },
    async close() {
      outlet.close();
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

function refuse(socket: Socket, outlet: Outlet): void {
  const denial = outlet.denied({ host: "", port: 0 }, tooMany());
  socket.end(denialAnswer(denial), () => socket.destroy());
}

async function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  // The sandbox runs as another user than the host.
  server.listen({ path, writableAll: true, readableAll: true }, resolve);
  await promise;
}
