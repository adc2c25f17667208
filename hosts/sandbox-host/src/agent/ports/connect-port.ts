// A connection to a port inside the sandbox: development servers listen on one of the two loopbacks, not always the same.
import { connect, type Socket } from "node:net";

import { refusal } from "../answer.ts";
import { EGRESS_PORT } from "../egress-pipe.ts";

const LOOPBACKS = ["127.0.0.1", "::1"] as const;
/** A server whose queue is full does not refuse; nobody waits longer for it. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Throws ProblemError `sandbox_failed` where nothing listens, `forbidden` for the agent's own ports. */
export async function connectPort(port: number, ownPort?: number): Promise<Socket> {
  if (port === EGRESS_PORT || port === ownPort || port < 1 || port > 65_535)
    throw refusal("forbidden", `Port ${port} serves the sandbox itself. Choose another one.`);
  for (const host of LOOPBACKS) {
    const socket = await tryConnect(host, port);
    if (socket !== undefined) return socket;
  }
  throw refusal(
    "sandbox_failed",
    `Nothing listens on port ${port}. Start the server, or wait until it is up.`,
  );
}

async function tryConnect(host: string, port: number): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const socket = connect({ host, port, noDelay: true });
  socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy());
  socket.once("connect", () => {
    socket.setTimeout(0);
    resolve(socket);
  });
  socket.on("error", () => undefined);
  socket.once("close", () => resolve(undefined));
  return await promise;
}
