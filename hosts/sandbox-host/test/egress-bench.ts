// A door with a world around it that tests make up: names, addresses, servers, secrets; everything recorded is kept.
import { mkdtempSync, rmSync } from "node:fs";
import {
  connect as connectSocket,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";

import { sandboxEgressSchema } from "@acos/protocol";

import { openEgress } from "../src/egress/door.ts";
import type {
  EgressDoor,
  EgressEntry,
  EgressIdentity,
  EgressRim,
  EgressWaits,
  RevealedSecret,
  Way,
} from "../src/egress/egress-door.ts";

export const IDENTITY = {
  org: "org_01hf7yat00abcdefghjkmnpqrs",
  group: "grp_01hf7yat00abcdefghjkmnpqrs",
  sandbox: "sbx_01hf7yat00abcdefghjkmnpqrs",
} as unknown as EgressIdentity;
export const PUBLIC = "93.184.216.34";

/** Instead of a port: addresses where nobody answers. */
export const SILENT = -1;

export interface World {
  /** Policy, as a group's admin writes it. */
  readonly policy?: object;
  /** Addresses of names; asked again, the next list. */
  readonly names?: Readonly<Record<string, readonly (readonly string[])[]>>;
  readonly allow?: string;
  readonly secrets?: Readonly<Record<string, RevealedSecret>>;
  readonly authorities?: readonly string[];
  readonly own?: readonly string[];
  readonly waits?: EgressWaits;
  /** Loopback port of the server that stands for every address. */
  readonly to?: number;
}

export interface Bench {
  readonly door: EgressDoor;
  readonly socketPath: string;
  readonly entries: EgressEntry[];
  /** Names that were looked up and ways that were taken, in order. */
  readonly resolved: string[];
  readonly connected: Way[];
  readonly revealed: string[];
}

const ends: (() => unknown)[] = [];

/** For `afterEach`: ends what the test made. */
export async function endAll(): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end();
}

export function onEnd(end: () => unknown): void {
  ends.push(end);
}

export async function openBench(world: World = {}): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "acos-egress-"));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  const kept = { entries: [], resolved: [], connected: [], revealed: [] } as Omit<
    Bench,
    "door" | "socketPath"
  >;
  const socketPath = join(folder, "egress.sock");
  const policy = sandboxEgressSchema.parse(world.policy ?? {});
  const door = await openEgress({
    socketPath,
    policy,
    identity: IDENTITY,
    rim: rimOf(world, kept),
  });
  onEnd(() => door.close());
  return { door, socketPath, ...kept };
}

function rimOf(world: World, kept: Omit<Bench, "door" | "socketPath">): EgressRim {
  const { names = {}, secrets = {}, allow = "", own = [] } = world;
  return {
    allow,
    now: () => Date.now(),
    record: (entry) => void kept.entries.push(entry),
    ownAddresses: () => own,
    ...(world.waits && { waits: world.waits }),
    ...(world.authorities && { authorities: world.authorities }),
    async resolve(host) {
      kept.resolved.push(host);
      if (names[host] === undefined && host.startsWith("silent."))
        return new Promise(() => undefined);
      const asked = kept.resolved.filter((one) => one === host).length;
      const lists = names[host] ?? [[PUBLIC]];
      return lists[Math.min(asked, lists.length) - 1] ?? [];
    },
    async reveal(name) {
      kept.revealed.push(name);
      return secrets[name] ?? null;
    },
    connect(way, signal) {
      kept.connected.push(way);
      if (world.to === SILENT)
        return new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(new Error("aborted"))),
        );
      if (world.to === undefined) return Promise.reject(new Error("nothing is there"));
      return connected(connectSocket({ host: "127.0.0.1", port: world.to, allowHalfOpen: true }));
    },
  };
}

async function connected(socket: Socket): Promise<Socket> {
  await new Promise<void>((resolve, reject) =>
    socket.once("connect", resolve).once("error", reject),
  );
  return socket;
}

/** A connection to the door, as the pipe inside a sandbox makes it. */
export function dial({ socketPath }: Pick<Bench, "socketPath">): Promise<Socket> {
  return connected(connectSocket({ path: socketPath, allowHalfOpen: true }));
}

/** Everything that comes back until the connection ends, for raw bytes that go in; the sandbox does not hang up first. */
export async function tell(
  bench: Pick<Bench, "socketPath">,
  bytes: string | Buffer,
): Promise<string> {
  const socket = await dial(bench);
  socket.write(bytes, "latin1");
  return rest(socket);
}

export async function rest(socket: Duplex): Promise<string> {
  const pieces: Buffer[] = [];
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  socket.on("error", () => undefined).resume();
  if (!socket.closed && !socket.readableEnded)
    await new Promise((closed) => socket.once("end", closed).once("close", closed));
  socket.destroy();
  return Buffer.concat(pieces).toString("latin1");
}

/** What comes back up to and with a text. */
export async function until(socket: Duplex, text: string): Promise<string> {
  let read = "";
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const take = (piece: Buffer) => {
    read += piece.toString("latin1");
    const end = read.indexOf(text) + text.length;
    if (end < text.length) return;
    socket.pause();
    socket.off("data", take);
    if (end < read.length) socket.unshift(Buffer.from(read.slice(end), "latin1"));
    read = read.slice(0, end);
    resolve();
  };
  socket.on("data", take);
  socket.resume();
  socket.once("close", () => reject(new Error(`closed after ${JSON.stringify(read)}`)));
  try {
    await promise;
  } finally {
    socket.off("data", take);
  }
  return read;
}

/** Opens a tunnel; rejects when the door says no. */
export async function openTunnel(
  bench: Pick<Bench, "socketPath">,
  target: string,
): Promise<Socket> {
  const socket = await dial(bench);
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  const answer = await until(socket, "\r\n\r\n");
  if (!answer.startsWith("HTTP/1.1 200 ")) throw new Error(answer);
  return socket;
}

/** A server that answers every connection by itself; `port` on loopback. */
export async function listening(server: Server): Promise<number> {
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  onEnd(() => new Promise((closed) => server.close(closed)));
  return (server.address() as AddressInfo).port;
}

/** A server that sends back what it gets. */
export function echoServer(): Promise<number> {
  return listening(
    createServer({ allowHalfOpen: true }, (socket) =>
      socket.on("error", () => socket.destroy()).pipe(socket),
    ),
  );
}

export const denied = (entries: readonly EgressEntry[]) =>
  entries.filter(({ allowed }) => !allowed);
