// How a sandbox may spell where it wants to go: in one canonical form, or not at all.

/** A host in its one form, and a port. */
export interface Target {
  /** Lower case; IPv6 in brackets. */
  readonly host: string;
  readonly port: number;
}

/** A spelling that is refused; the message reads on after "because" and is safe to show. */
export class TargetError extends Error {
  override readonly name = "TargetError";
}

const HOST_MAX_CHARS = 253;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::([1-9]\d{0,4}))?$/;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

/**
 * Reads `host:port`, or `host` where there is a default port. Throws TargetError for every other spelling: user names,
 * percent signs, a dot at the end, numbers that stand for an address, bytes beyond ASCII.
 */
export function readAuthority(text: string, defaultPort?: number): Target {
  const [, host, port] = AUTHORITY.exec(text.toLowerCase()) ?? [];
  if (host === undefined) throw new TargetError("that is not host:port");
  if (port === undefined && defaultPort === undefined) throw new TargetError("the port is missing");
  const number = Number(port ?? defaultPort);
  if (number > 65_535) throw new TargetError("there is no such port");
  return { host: canonicalHost(host), port: number };
}

/** The host itself where it is canonical but for upper case. Throws TargetError otherwise. */
export function canonicalHost(text: string): string {
  const host = text.toLowerCase();
  if (!isAddress(host)) requireName(host);
  // The URL standard's reading has to be the same: it finds addresses in numbers.
  if (URL.parse(`http://${host}/`)?.hostname !== host)
    throw new TargetError("the host is not spelled in its canonical form");
  return host;
}

function requireName(host: string): void {
  if (host.endsWith(".")) throw new TargetError("a host has no dot at its end here");
  if (host.length > HOST_MAX_CHARS || !host.split(".").every((label) => LABEL.test(label)))
    throw new TargetError(
      "a host is letters, digits, hyphens and dots here (others spelled as xn--…)",
    );
}

/** Whether a canonical host is an address and not a name. */
export function isAddress(host: string): boolean {
  return host.startsWith("[") || IPV4.test(host);
}

/** As messages and lists spell it: without the ports that are open anyway. */
export function spell({ host, port }: Target): string {
  return port === 443 || port === 80 ? host : `${host}:${port}`;
}
