// Ports, looked at before anything is touched: is the public one free, and which ones may the inner connections use.
import { randomInt } from "node:crypto";
import { connect, createServer } from "node:net";

import { RefusedStart } from "../usage-error.ts";

/** Answers the port to serve on (a free one for 0) or throws RefusedStart that says why it cannot be had. */
export async function claimPort(host: string, port: number): Promise<number> {
  try {
    return port === 0 ? await anyPort(host) : await tryPort(host, port);
  } catch (error) {
    throw error instanceof RefusedStart ? error : refusal(host, port, error);
  }
}

/** One that no outgoing connection takes before it is served on, as the system's own choice may be. */
async function anyPort(host: string): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    try {
      return await tryPort(host, randomInt(QUIET_PORTS.from, QUIET_PORTS.to));
    } catch (error) {
      if (!ANOTHER_WILL_DO.has(codeOf(error))) throw error;
    }
  }
  throw new RefusedStart(`No free port was found on ${host}.`);
}

/** Below the ports that systems give to outgoing connections: one of those could take a port of ours between two uses. */
const QUIET_PORTS = { from: 20_000, to: 32_000 } as const;
const CONNECT_TIMEOUT_MS = 5_000;
/** Tries before giving up; with thousands of ports the first ones do. */
const PORT_TRIES = 200;
/** Taken, or not ours to take. */
const ANOTHER_WILL_DO: ReadonlySet<string> = new Set(["EADDRINUSE", "EACCES"]);

/** Finds free loopback ports, all different. Another program may take one before it is used; the start then fails with words. */
export async function freeLoopbackPorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) found.add(await anyPort("127.0.0.1"));
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

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";

function refusal(host: string, port: number, error: unknown): RefusedStart {
  const code = codeOf(error);
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
