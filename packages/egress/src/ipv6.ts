// IPv6 addresses as eight words, and their class. Forms that carry an IPv4 address are judged by the address inside.
import { IPV6_BLOCKS, type AddressClass } from "./address-table.ts";
import { classifyIpv4 } from "./ipv4.ts";

type Words = readonly [number, number, number, number, number, number, number, number];

interface Prefix {
  readonly words: Words;
  readonly bits: number;
}

const MAPPED = prefixOf("::ffff:0:0/96");
const NAT64 = prefixOf("64:ff9b::/96");
const SIX_TO_FOUR = prefixOf("2002::/16");
const PREFIXES = IPV6_BLOCKS.map(({ block, is }) => ({ ...prefixOf(block), is }));

/** Classifies an address without brackets, as a URL spells it. What cannot be read is reserved. */
export function classifyIpv6(text: string): AddressClass {
  const words = parseIpv6(text);
  if (words === undefined) return "reserved";
  const carried = carriedIpv4(words);
  if (carried !== undefined) return classifyIpv4(carried);
  const is = PREFIXES.find((prefix) => isWithin(words, prefix))?.is ?? "reserved";
  return is === "public" && isIsatap(words) ? classifyIpv4(tailOf(words)) : is;
}

/** IPv4-mapped, NAT64 (the well-known prefix) and 6to4: what connects there connects to the IPv4 address. */
function carriedIpv4(words: Words): number | undefined {
  if (isWithin(words, MAPPED) || isWithin(words, NAT64)) return tailOf(words);
  return isWithin(words, SIX_TO_FOUR) ? words[1] * 65_536 + words[2] : undefined;
}

/** A tunnel end (RFC 5214) under any prefix; the last 32 bits are where it leads. */
function isIsatap(words: Words): boolean {
  return (words[4] & 0xfdff) === 0 && words[5] === 0x5efe;
}

function tailOf(words: Words): number {
  return words[6] * 65_536 + words[7];
}

function isWithin(words: Words, prefix: Prefix): boolean {
  return words.every((word, index) => {
    const unmasked = Math.max(0, Math.min(16, (index + 1) * 16 - prefix.bits));
    return word >> unmasked === (prefix.words[index] ?? 0) >> unmasked;
  });
}

function prefixOf(block: string): Prefix {
  const [base = "", bits = ""] = block.split("/");
  const words = parseIpv6(base);
  if (words === undefined) throw new Error(`${block} is no IPv6 block`);
  return { words, bits: Number(bits) };
}

function parseIpv6(text: string): Words | undefined {
  const [head = "", tail, more] = text.split("::");
  if (more !== undefined) return undefined;
  const before = parseWords(head);
  const after = tail === undefined ? [] : parseWords(tail);
  const zeros = 8 - before.length - after.length;
  if (tail === undefined ? zeros !== 0 : zeros < 1) return undefined;
  const words = [...before, ...Array.from({ length: zeros }, () => 0), ...after];
  return words.every((word) => word >= 0) ? (words as unknown as Words) : undefined;
}

function parseWords(text: string): number[] {
  if (text === "") return [];
  return text
    .split(":")
    .map((word) => (/^[0-9a-f]{1,4}$/i.test(word) ? Number.parseInt(word, 16) : -1));
}
