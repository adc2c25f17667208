// Where a request comes from, as far as it can be believed; what is counted by address is counted by this.

/** On Cloudflare the edge writes it and lets nobody else; anywhere else it says what its sender likes. */
const EDGE_HEADER = "cf-connecting-ip";

/**
 * The network address a request came from, as one name for all that one subscriber has: IPv6 by its first 64 bits.
 * Undefined where nobody tells it who can be believed, which is so on one's own machine.
 */
export function clientAddressOf(request: Request, embedded: boolean): string | undefined {
  if (embedded) return undefined;
  const address = request.headers.get(EDGE_HEADER)?.trim().toLowerCase();
  if (!address) return undefined;
  const isV6 = address.includes(":") && !address.includes(".");
  return isV6 ? networkOf(address) : address;
}

function networkOf(address: string): string {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  const groups = tail === undefined ? before : [...before, ...zeros, ...after];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}
