// Where a host name points, judged from its spelling alone: the table behind the egress function's decision.

/** `local` may be opened by the operator as a class; `never` (metadata, unroutable, resolver tricks) only by its exact name. */
export type AddressClass = "public" | "local" | "never";

interface Range {
  readonly from: number;
  readonly to: number;
  readonly is: AddressClass;
}

/** IANA's special-purpose IPv4 blocks (RFC 6890 and its registry), and the public address of one cloud's metadata service. */
const IPV4_RANGES: readonly Range[] = [
  ipv4Range("100.100.100.200", 32, "never"),
  ipv4Range("168.63.129.16", 32, "never"),
  ipv4Range("10.0.0.0", 8, "local"),
  ipv4Range("127.0.0.0", 8, "local"),
  ipv4Range("172.16.0.0", 12, "local"),
  ipv4Range("192.168.0.0", 16, "local"),
  ipv4Range("100.64.0.0", 10, "local"),
  ipv4Range("0.0.0.0", 8, "never"),
  ipv4Range("169.254.0.0", 16, "never"),
  ipv4Range("192.0.0.0", 24, "never"),
  ipv4Range("192.0.2.0", 24, "never"),
  ipv4Range("192.88.99.0", 24, "never"),
  ipv4Range("198.18.0.0", 15, "never"),
  ipv4Range("198.51.100.0", 24, "never"),
  ipv4Range("203.0.113.0", 24, "never"),
  ipv4Range("224.0.0.0", 3, "never"),
];

interface Ipv6Range {
  readonly from: readonly number[];
  readonly bits: number;
}

const MAPPED: Ipv6Range = { from: [0, 0, 0, 0, 0, 0xffff], bits: 96 };
const NAT64: Ipv6Range = { from: [0x64, 0xff9b], bits: 96 };

/**
 * First match wins; only global unicast (2000::/3) is public, without the blocks IANA took out of it: protocol assignments
 * with Teredo and benchmarking (2001::/23) and documentation.
 */
const IPV6_RANGES: readonly (Ipv6Range & { readonly is: AddressClass })[] = [
  { from: [0, 0, 0, 0, 0, 0, 0, 1], bits: 128, is: "local" },
  { from: [0xfd00, 0x0ec2], bits: 32, is: "never" },
  { from: [0xfc00], bits: 7, is: "local" },
  { from: [0x2001], bits: 23, is: "never" },
  { from: [0x2001, 0x0db8], bits: 32, is: "never" },
  { from: [0x3fff], bits: 20, is: "never" },
  { from: [0x2000], bits: 3, is: "public" },
];

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
const NEVER_NAMES = ["metadata.google.internal", "instance-data", "metadata", "onion", "invalid"];
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
  if (labels.includes("") || !/^[a-z0-9._-]+$/.test(name)) return "never";
  if (NEVER_NAMES.some((never) => isUnder(name, never))) return "never";
  if (RESOLVER_ZONES.some((zone) => isUnder(name, zone))) return "never";
  if (labels.length === 1) return "local";
  return LOCAL_SUFFIXES.some((suffix) => isUnder(name, suffix)) ? "local" : "public";
}

function isUnder(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

function classifyIpv4(address: number): AddressClass {
  const range = IPV4_RANGES.find(({ from, to }) => address >= from && address <= to);
  return range?.is ?? "public";
}

/** Forms that carry an IPv4 address are judged by the address inside, the others by the table. */
function classifyIpv6(text: string): AddressClass {
  const words = parseIpv6(text);
  if (words === undefined) return "never";
  const inside = embeddedIpv4(words);
  if (inside !== undefined) return classifyIpv4(inside);
  return IPV6_RANGES.find((range) => isWithin(words, range))?.is ?? "never";
}

/** IPv4-mapped, NAT64 (the well-known prefix), 6to4 and ISATAP: what connects there connects to the IPv4 address. */
function embeddedIpv4(words: Words): number | undefined {
  const [first, second, third, , fifth, sixth, seventh, eighth] = words;
  const tail = seventh * 65_536 + eighth;
  if (isWithin(words, MAPPED) || isWithin(words, NAT64)) return tail;
  if (first === 0x2002) return second * 65_536 + third;
  return (fifth & 0xfdff) === 0 && sixth === 0x5efe ? tail : undefined;
}

function isWithin(words: Words, { from, bits }: Ipv6Range): boolean {
  return words.every((word, index) => {
    const unmasked = Math.max(0, Math.min(16, (index + 1) * 16 - bits));
    return word >> unmasked === (from[index] ?? 0) >> unmasked;
  });
}

function parseIpv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const bytes = match.slice(1).map(Number);
  return bytes.some((byte) => byte > 255)
    ? undefined
    : bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function ipv4Range(base: string, bits: number, is: AddressClass): Range {
  const from = parseIpv4(base) ?? 0;
  return { from, to: from + 2 ** (32 - bits) - 1, is };
}

type Words = readonly [number, number, number, number, number, number, number, number];

function parseIpv6(text: string): Words | undefined {
  const [head = "", tail] = text.split("::");
  const before = parseWords(head);
  const after = tail === undefined ? [] : parseWords(tail);
  const zeros = 8 - before.length - after.length;
  if (tail === undefined ? zeros !== 0 : zeros < 1) return undefined;
  const words = [...before, ...Array.from({ length: zeros }, () => 0), ...after];
  return words.every((word) => word >= 0 && word <= 0xffff)
    ? (words as unknown as Words)
    : undefined;
}

function parseWords(text: string): number[] {
  if (text === "") return [];
  return text
    .split(":")
    .map((word) => (/^[0-9a-f]{1,4}$/i.test(word) ? Number.parseInt(word, 16) : -1));
}
