// How a sandbox may spell where it wants to go, and which spellings a policy lists.
import { sandboxEgressSchema } from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { entryFor } from "../src/egress/allow-list.ts";
import { readHello } from "../src/egress/client-hello.ts";
import { readAuthority, TargetError } from "../src/egress/target.ts";

describe("a target", () => {
  it.each([
    ["a.com:443", "a.com", 443],
    ["REGISTRY.NpmJS.org:443", "registry.npmjs.org", 443],
    ["xn--bcher-kva.example:443", "xn--bcher-kva.example", 443],
    ["_dmarc.a.com:80", "_dmarc.a.com", 80],
    ["1.1.1.1:443", "1.1.1.1", 443],
    ["[2606:4700:4700::1111]:443", "[2606:4700:4700::1111]", 443],
    ["[2606:4700:4700::ABCD]:443", "[2606:4700:4700::abcd]", 443],
    ["127.0.0.1:1", "127.0.0.1", 1],
  ])("[E3] %s is read in its one form", (text, host, port) => {
    expect(readAuthority(text)).toEqual({ host, port });
  });

  it.each([
    "",
    ":443",
    "a.com",
    "a.com:",
    "a.com:0",
    "a.com:65536",
    "a.com:0443",
    "a.com:+443",
    "a.com:443:443",
    "a.com:443/",
    "a.com.:443",
    ".a.com:443",
    "a..com:443",
    "-a.com:443",
    "a-.com:443",
    `${"a".repeat(64)}.com:443`,
    `${"a.".repeat(127)}com:443`,
    "user@a.com:443",
    "user:pass@a.com:443",
    "a.com%2eevil.example:443",
    "%61.com:443",
    "a.com\0.evil.example:443",
    "a.com\\@evil.example:443",
    "a.com#.evil.example:443",
    "a.com?evil:443",
    "*.a.com:443",
    "a com:443",
    "a.com\t:443",
    "bücher.example:443",
    "ⓔvil.example:443",
    "127。0。0。1:443",
    "127.1:443",
    "2130706433:443",
    "0x7f000001:443",
    "0177.0.0.1:443",
    "127.0.0.0x1:443",
    "127.0.0.1.:443",
    "256.0.0.1:443",
    "1.2.3.4.5:443",
    "::1:443",
    "[::1:443",
    "[::1]443",
    "[0:0:0:0:0:0:0:1]:443",
    "[::127.0.0.1]:443",
    "[fe80::1%25eth0]:443",
    "[::1%lo]:443",
    "[v1.a]:443",
    "[::ffff:127.0.0.1]:443",
  ])("[E3] %j is refused", (text) => {
    expect(() => readAuthority(text)).toThrow(TargetError);
  });
});

describe("the allow-list", () => {
  const entry = (policy: object, authority: string) =>
    entryFor(sandboxEgressSchema.parse(policy), readAuthority(authority));

  it.each([
    [["a.com"], "a.com:443", true],
    [["a.com"], "a.com:80", true],
    [["a.com"], "A.COM:443", true],
    [["a.com"], "a.com:22", false],
    [["a.com"], "b.a.com:443", false],
    [["a.com"], "ba.com:443", false],
    [["a.com"], "a.com.evil.example:443", false],
    [["a.com:22"], "a.com:22", true],
    [["a.com:22"], "a.com:443", false],
    [["*.a.com"], "b.a.com:443", true],
    [["*.a.com"], "c.b.a.com:80", true],
    [["*.a.com"], "a.com:443", false],
    [["*.a.com"], "evila.com:443", false],
    [["*.a.com:8443"], "b.a.com:8443", true],
    [["*.a.com:8443"], "b.a.com:443", false],
    [["*.0.0.1"], "127.0.0.1:443", false],
    [["1.1.1.1"], "1.1.1.1:443", true],
    [["1.1.1.1"], "1.1.1.2:443", false],
    [["[2606:4700::1]"], "[2606:4700::1]:443", true],
    [["[2606:4700:0:0::1]"], "[2606:4700::1]:443", false],
    [["127.1"], "127.0.0.1:443", false],
  ])("[E2] %j and %s: %s", (hosts, authority, isListed) => {
    expect(entry({ hosts }, authority) !== undefined).toBe(isListed);
  });

  it("[E2] lists nothing by itself, and the registries when asked to", () => {
    expect(entry({}, "registry.npmjs.org:443")).toBeUndefined();
    expect(entry({ registries: true }, "registry.npmjs.org:443")).toBe("registry.npmjs.org");
    expect(entry({ registries: true }, "evil.registry.npmjs.org:443")).toBeUndefined();
    expect(entry({ registries: true }, "registry.npmjs.org:22")).toBeUndefined();
  });

  it("[E10] is not made longer by a secret's host", () => {
    const secrets = [{ host: "a.com", header: "x", value: "{{secret:s}}" }];
    expect(entry({ secrets }, "a.com:443")).toBeUndefined();
  });
});

describe("the beginning of TLS", () => {
  it.each([
    ["nothing", "", "more"],
    ["a record that is not whole", "1603010200", "more"],
    ["another protocol", "474554202f", "other"],
    ["a record that is no handshake after one", "160301000201001503010000", "malformed"],
    ["a handshake that is no hello", "16030100040200000000", "malformed"],
    ["an empty record", "1603010000", "malformed"],
    [
      "a hello in more pieces than anybody's",
      "160301000101".repeat(16) + "160301000100",
      "malformed",
    ],
    ["a hello that ends in the middle of a length", "160301000501000001ff", "malformed"],
  ])("[E7] %s is told from a hello", (_what, hex, is) => {
    expect(readHello(Buffer.from(hex, "hex")).is).toBe(is);
  });
});
