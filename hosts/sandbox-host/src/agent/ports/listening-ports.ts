// What listens in the sandbox, as the kernel tells it (/proc/net/tcp and tcp6), and whose it is.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

import { EGRESS_PORT } from "../egress-pipe.ts";
import { allPids } from "../processes/process-tree.ts";

/** The port of the agent itself where it runs in a container. */
const AGENT_PORT = 8711;

interface ListeningPort {
  readonly port: number;
  readonly address: "loopback" | "any";
  /** Of the listening sockets. */
  readonly inodes: readonly string[];
}

/** Ports of programs in the sandbox, in order; the agent's own ones are left out. */
export function listeningPorts(ownPort?: number): ListeningPort[] {
  const hidden = new Set([EGRESS_PORT, AGENT_PORT, ownPort]);
  const ports = new Map<number, ListeningPort>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const { port, address, inode } of parseListening(readTable(table))) {
      if (hidden.has(port)) continue;
      const known = ports.get(port);
      ports.set(port, {
        port,
        address: known?.address === "any" ? "any" : address,
        inodes: [...(known?.inodes ?? []), inode],
      });
    }
  }
  return [...ports.values()].sort((one, other) => one.port - other.port);
}

function readTable(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // A kernel without IPv6 has no second table.
  }
}

/** The rows of a table that listen. */
export function parseListening(
  table: string,
): (Omit<ListeningPort, "inodes"> & { inode: string })[] {
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [host = "", port = ""] = (fields[1] ?? "").split(":");
      if (fields[3] !== "0A") return [];
      const address = /^0+$/.test(host) ? ("any" as const) : ("loopback" as const);
      return [{ port: Number.parseInt(port, 16), address, inode: fields[9] ?? "" }];
    });
}

/** Sockets' inodes of these processes; those that may not be looked at have none. */
export function socketOwners(pids: readonly number[] = allPids()): Map<string, number> {
  const owners = new Map<string, number>();
  for (const pid of pids) {
    for (const inode of socketsOf(pid)) if (!owners.has(inode)) owners.set(inode, pid);
  }
  return owners;
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((name) => inodeOf(pid, name) ?? []);
  } catch {
    return []; // Gone, or another user's.
  }
}

function inodeOf(pid: number, name: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1];
  } catch {
    return undefined; // Closed meanwhile.
  }
}
