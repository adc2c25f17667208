// IPv4 addresses as numbers, and their class.
import { IPV4_BLOCKS, type AddressClass } from "./address-table.ts";

const RANGES = IPV4_BLOCKS.map(({ block, is }) => ({ ...rangeOf(block), is }));

/** The number of a canonical dotted address; undefined for everything else. */
export function parseIpv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const bytes = match.slice(1).map(Number);
  return bytes.some((byte) => byte > 255)
    ? undefined
    : bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

export function classifyIpv4(address: number): AddressClass {
  return RANGES.find(({ from, to }) => address >= from && address <= to)?.is ?? "public";
}

function rangeOf(block: string) {
  const [base = "", bits = ""] = block.split("/");
  const from = parseIpv4(base) ?? 0;
  return { from, to: from + 2 ** (32 - Number(bits)) - 1 };
}
