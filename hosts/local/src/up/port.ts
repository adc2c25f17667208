// Ports, looked at before anything is touched: is the public one free, and which ones may the inner connections use.
import { randomInt } from "node:crypto";
import { connect, createServer } from "node:net";

import { RefusedStart } from "../usage-error.ts";

/** Answers the port to serve on (a free one for 0) or throws RefusedStart that says why it cannot be had. */
export async function claimPort(host: string, port: number): Promise<number> {
  try {
    return port === 0 ? await anyPort(host) : await tryPort(host, port);
  } catch (error) {
    throw refusal(host, port, error);
  }
}

/** One that no outgoing connection takes before it is served on, as the system's own choice may be. */
async function anyPort(host: string): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await tryPort(host, randomInt(INNER_PORTS.from, INNER_PORTS.to));
    } catch (error) {
      const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (!isTaken || tries === PORT_TRIES) throw error;
    }
  }
}

/** Below the ports that systems give to outgoing connections: one of those could take a port of ours between two uses. */
const INNER_PORTS = { from: 20_000, to: 32_000 } as const;
const CONNECT_TIMEOUT_MS = 5_000;
/** Tries before giving up; with thousands of ports the first ones do. */
const PORT_TRIES = 200;

/** Finds free loopback ports, all different. Another program may take one before it is used; the start then fails with words. */
export async function freeLoopbackPorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries === PORT_TRIES) throw new RefusedStart("No free port was found on 127.0.0.1.");
    const port = randomInt(INNER_PORTS.from, INNER_PORTS.to);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

/** Where a program of this machine reaches what listens on `host`. */
export function reachedAt(host: string): string {
  return host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
}

/** Whether somebody takes connections there: answers within five seconds and never throws. */
export async function accepts({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: reachedAt(host), port, timeout: CONNECT_TIMEOUT_MS });
  socket
    .once("connect", () => resolve(true))
    .once("error", () => resolve(false))
    .once("timeout", () => resolve(false));
  const accepted = await promise;
  socket.destroy();
  return accepted;
}

async function isFree(port: number): Promise<boolean> {
  try {
    await tryPort("127.0.0.1", port);
    return true;
  } catch {
    // Taken, or not ours to take: another one will do.
    return false;
  }
}

async function tryPort(host: string, port: number): Promise<number> {
  const server = await listen(host, port);
  await server.close();
  return server.port;
}

async function listen(host: string, port: number) {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ host, port, exclusive: true }, resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error(`no port on ${host}`);
  const close = async () => {
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    await closed.promise;
  };
  return { port: address.port, close };
}

function refusal(host: string, port: number, error: unknown): RefusedStart {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "EADDRINUSE")
    return new RefusedStart(
      `Port ${port} on ${host} is in use by another program. Stop it, or choose another port with --port.`,
    );
  if (code === "EACCES")
    return new RefusedStart(
      `Port ${port} needs rights that this user lacks. Choose one above 1023 with --port.`,
    );
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN")
    return new RefusedStart(
      `${host} is not an address of this machine. Choose another one with --host.`,
    );
  return new RefusedStart(
    `Cannot listen on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}.`,
  );
}
