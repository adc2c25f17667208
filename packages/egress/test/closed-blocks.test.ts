// The lists that the runtime refuses connections by, after names are resolved.
import { BlockList } from "node:net";

import { describe, expect, it } from "vitest";

import { closedBlocks, type Network } from "../src/index.ts";

/** An independent reader of the blocks. */
function closedTo(network: Network) {
  const list = new BlockList();
  for (const block of closedBlocks(network)) {
    const [base = "", bits = ""] = block.split("/");
    list.addSubnet(base, Number(bits), base.includes(":") ? "ipv6" : "ipv4");
  }
  return (address: string) => list.check(address, address.includes(":") ? "ipv6" : "ipv4");
}

const LOCAL = [
  "127.0.0.1",
  "10.1.2.3",
  "172.31.255.255",
  "192.168.0.1",
  "100.64.0.1",
  "::1",
  "fd12::1",
];
const RESERVED = ["0.0.0.0", "192.0.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "fe80::1"];
const METADATA = ["169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"];
const PUBLIC = ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"];

describe("closed blocks", () => {
  it.each<[Network, readonly string[], readonly string[]]>([
    ["public", [...LOCAL, ...RESERVED, ...METADATA], PUBLIC],
    ["local", [...RESERVED, ...METADATA], LOCAL],
    ["listed", METADATA, [...LOCAL, ...PUBLIC]],
  ])(
    "[E10] of the %s network close what is not its own, and nothing else",
    (name, closed, open) => {
      const isClosed = closedTo(name);
      expect(closed.filter((address) => !isClosed(address))).toEqual([]);
      expect(open.filter(isClosed)).toEqual([]);
    },
  );

  it("[E10] close IPv4 inside IPv6 with it", () => {
    const isClosed = closedTo("public");
    for (const address of [
      "64:ff9b::7f00:1",
      "64:ff9b::a9fe:a9fe",
      "2002:7f00:1::",
      "2002:c0a8:1::9",
    ])
      expect([address, isClosed(address)]).toEqual([address, true]);
    expect(closedTo("listed")("64:ff9b::a9fe:a9fe")).toBe(true);
  });
});
