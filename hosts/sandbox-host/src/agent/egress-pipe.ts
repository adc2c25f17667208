// The only way out of a sandbox: a port inside whose bytes go to a socket of the host, which judges them.
import { connect, createServer, type Socket } from "node:net";

/** Where programs inside find their HTTP proxy. */
export const EGRESS_PORT = 3128;

/** Listens on loopback and carries bytes both ways; it looks at none of them. Rejects when the port is taken. */
export async function pipeEgress(
  socketPath: string,
  say: (what: string, error: unknown) => void,
): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (inner) => {
    const outer = connect({ path: socketPath, allowHalfOpen: true });
    join(inner, outer);
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(EGRESS_PORT, "127.0.0.1", listening.resolve);
  await listening.promise;
  server.on("error", (error) => say("egress", error));
}

/** Carries bytes between two sockets until both ends are done; a failure of one ends the other. */
function join(one: Socket, other: Socket): void {
  const pairs = [
    [one, other],
    [other, one],
  ] as const;
  for (const [from, to] of pairs) {
    from.on("error", () => to.destroy());
    from.on("close", () => (from.readableEnded ? to.end() : to.destroy()));
    from.pipe(to);
  }
}
