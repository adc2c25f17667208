// Which way out a judged URL takes, and what each way must refuse after a name is resolved, where no spelling tells.
import { IPV4_BLOCKS, IPV6_BLOCKS, type AddressClass, type Block } from "./address-table.ts";

/** `public` leads to public addresses, `local` to this machine and its network, `listed` to what the operator named. */
export type Network = "public" | "local" | "listed";

/**
 * A host that the operator listed may live anywhere, so its network is closed to metadata services only. No network
 * ever leads there, whoever owns the name.
 */
const CLOSED: Readonly<Record<Network, readonly AddressClass[]>> = {
  public: ["local", "reserved", "metadata"],
  local: ["reserved", "metadata"],
  listed: ["metadata"],
};

/**
 * The blocks, in CIDR notation, that no connection of a network may lead to, IPv4 inside IPv6 included. For the runtime,
 * which resolves names and sees the address that it connects to.
 */
export function closedBlocks(network: Network): readonly string[] {
  const isClosed = ({ is }: Block) => CLOSED[network].includes(is);
  const ipv4 = IPV4_BLOCKS.filter(isClosed).map(({ block }) => block);
  const ipv6 = IPV6_BLOCKS.filter(isClosed).map(({ block }) => block);
  return [...ipv4, ...ipv4.map(throughNat64), ...ipv4.map(through6to4), ...ipv6];
}

function throughNat64(block: string): string {
  const { high, low, bits } = partsOf(block);
  return `64:ff9b::${high}:${low}/${96 + bits}`;
}

function through6to4(block: string): string {
  const { high, low, bits } = partsOf(block);
  return `2002:${high}:${low}::/${16 + bits}`;
}

function partsOf(block: string) {
  const [base = "", bits = ""] = block.split("/");
  const [a = 0, b = 0, c = 0, d = 0] = base.split(".").map(Number);
  return {
    high: (a * 256 + b).toString(16),
    low: (c * 256 + d).toString(16),
    bits: Number(bits),
  };
}
