// Where the host of a URL points, judged from its spelling alone.
import type { AddressClass } from "./address-table.ts";
import { classifyIpv4, parseIpv4 } from "./ipv4.ts";
import { classifyIpv6 } from "./ipv6.ts";

/** Last labels that never belong to the public name space (RFC 6761, RFC 6762, RFC 9476 and common habits). */
const LOCAL_SUFFIXES = [
  "localhost",
  "local",
  "internal",
  "intranet",
  "private",
  "lan",
  "home",
  "corp",
  "home.arpa",
  "svc",
  "test",
  "localdomain",
];
const METADATA_NAMES = ["metadata.google.internal", "metadata.goog", "metadata", "instance-data"];
const RESERVED_NAMES = ["onion", "invalid"];
/** Public names made to resolve to any address, private ones included. */
const RESOLVER_ZONES = [
  "nip.io",
  "sslip.io",
  "xip.io",
  "localtest.me",
  "lvh.me",
  "vcap.me",
  "lacolhost.com",
  "traefik.me",
  "local.gd",
  "rbndr.us",
];

/**
 * Classifies the `hostname` of a parsed URL (so IPv4 is canonical and IPv6 is in brackets).
 * It resolves no names: a public name with a private address record passes here.
 */
export function classifyHost(hostname: string): AddressClass {
  if (hostname.startsWith("[")) return classifyIpv6(hostname.slice(1, -1));
  const name = hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
  const ipv4 = parseIpv4(name);
  return ipv4 === undefined ? classifyName(name) : classifyIpv4(ipv4);
}

function classifyName(name: string): AddressClass {
  const labels = name.split(".");
  const isUnder = (zone: string) => name === zone || name.endsWith(`.${zone}`);
  if (labels.includes("") || !/^[a-z0-9._-]+$/.test(name)) return "reserved";
  if (METADATA_NAMES.some(isUnder)) return "metadata";
  if (RESERVED_NAMES.some(isUnder) || RESOLVER_ZONES.some(isUnder)) return "reserved";
  if (labels.length === 1) return "local";
  return LOCAL_SUFFIXES.some(isUnder) ? "local" : "public";
}
