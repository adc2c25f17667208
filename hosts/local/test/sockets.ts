// What processes listen on and whom they talk to, as the kernel sees it (Linux).
import { readFileSync, readdirSync, readlinkSync } from "node:fs";

interface Row {
  readonly inode: string;
  readonly local: Address;
  readonly remote: Address;
  readonly listens: boolean;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

export function listeningPorts(pids: readonly number[]): { port: number; loopback: boolean }[] {
  return rowsOf(pids)
    .filter(({ listens }) => listens)
    .map(({ local }) => ({ port: local.port, loopback: isLoopback(local.host) }));
}

export function remotePeers(pids: readonly number[]): string[] {
  return rowsOf(pids)
    .filter(({ listens, remote }) => !listens && !isLoopback(remote.host))
    .map(({ remote }) => `${remote.host}:${remote.port}`);
}

function rowsOf(pids: readonly number[]): Row[] {
  const mine = new Set(pids.flatMap(socketInodes));
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) =>
    readFileSync(path, "utf8").trim().split("\n").slice(1),
  );
  return tables.map(parseRow).filter(({ inode }) => mine.has(inode));
}

function parseRow(line: string): Row {
  const fields = line.trim().split(/\s+/);
  const address = (text = "") => ({
    host: text.split(":")[0] ?? "",
    port: Number.parseInt(text.split(":")[1] ?? "", 16),
  });
  return {
    local: address(fields[1]),
    remote: address(fields[2]),
    listens: fields[3] === "0A",
    inode: fields[9] ?? "",
  };
}

/** The kernel writes addresses as little-endian hex words. */
const isLoopback = (host: string) =>
  /^[0-9A-F]{6}7F$/.test(host) ||
  host === "00000000000000000000000001000000" ||
  /^0{16}FFFF0000[0-9A-F]{6}7F$/.test(host);

function socketInodes(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return []; // Closed meanwhile.
    }
  });
}
