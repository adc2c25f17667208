// Which blocks of addresses are whose: the one table behind every judgement of an address, by us and by the runtime.

/**
 * `local` may be opened by the operator as a class, `reserved` (unroutable, or a trick) by its exact name, `metadata`
 * (where clouds hand out credentials) by nothing.
 */
export type AddressClass = "public" | "local" | "reserved" | "metadata";

export interface Block {
  /** In CIDR notation. */
  readonly block: string;
  readonly is: AddressClass;
}

/** First match wins. IANA's special-purpose IPv4 blocks (RFC 6890 and its registry) and the clouds' metadata services. */
export const IPV4_BLOCKS: readonly Block[] = [
  { block: "169.254.0.0/16", is: "metadata" },
  { block: "100.100.100.200/32", is: "metadata" },
  { block: "168.63.129.16/32", is: "metadata" },
  { block: "192.0.0.192/32", is: "metadata" },
  { block: "10.0.0.0/8", is: "local" },
  { block: "127.0.0.0/8", is: "local" },
  { block: "172.16.0.0/12", is: "local" },
  { block: "192.168.0.0/16", is: "local" },
  { block: "100.64.0.0/10", is: "local" },
  // Apart from its block, because a runtime that lets the closest match win may hold it for this machine.
  { block: "0.0.0.0/32", is: "reserved" },
  { block: "0.0.0.0/8", is: "reserved" },
  { block: "192.0.0.0/24", is: "reserved" },
  { block: "192.0.2.0/24", is: "reserved" },
  { block: "192.88.99.0/24", is: "reserved" },
  { block: "198.18.0.0/15", is: "reserved" },
  { block: "198.51.100.0/24", is: "reserved" },
  { block: "203.0.113.0/24", is: "reserved" },
  { block: "224.0.0.0/3", is: "reserved" },
];

/**
 * First match wins, and what matches nothing is reserved. Only global unicast (2000::/3) is public, without the blocks
 * IANA took out of it: protocol assignments with Teredo and benchmarking (2001::/23) and documentation.
 */
export const IPV6_BLOCKS: readonly Block[] = [
  { block: "::1/128", is: "local" },
  { block: "::/128", is: "reserved" },
  { block: "fd00:ec2::/32", is: "metadata" },
  { block: "fd20:ce::254/128", is: "metadata" },
  { block: "fc00::/7", is: "local" },
  { block: "fe80::/10", is: "reserved" },
  { block: "fec0::/10", is: "reserved" },
  { block: "ff00::/8", is: "reserved" },
  { block: "100::/64", is: "reserved" },
  { block: "64:ff9b:1::/48", is: "reserved" },
  { block: "2001::/23", is: "reserved" },
  { block: "2001:db8::/32", is: "reserved" },
  { block: "3fff::/20", is: "reserved" },
  { block: "2000::/3", is: "public" },
];
