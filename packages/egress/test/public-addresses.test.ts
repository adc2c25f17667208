// Nothing that is public is refused: names, addresses, and the neighbours of every closed block.
import { describe, expect, it } from "vitest";

import { judgeUrl } from "../src/index.ts";
import { CLOSED } from "./policies.ts";

const NAMES = [
  "https://api.openai.com/v1/chat/completions",
  "https://api.anthropic.com/v1/messages",
  "https://generativelanguage.googleapis.com/v1beta",
  "https://openrouter.ai/api/v1",
  "http://example.com/",
  "https://example.com./",
  "https://EXAMPLE.com/",
  "https://example.com:8443/x?y=1#z",
  "http://example.com:80/",
  "http://example.com:11434/v1",
  "https://localhost.example.com/",
  "https://internal.example.com/",
  "https://metadata.example.com/",
  "https://mylocal.example/",
  "https://notlocalhost.com/",
  "https://testing.dev/",
  "https://nip.io.example.com/",
  "https://10.example.com/",
  "https://127-0-0-1.example.com/",
  "https://xn--bcher-kva.example/",
  "https://bücher.example/",
  "https://_service.example.com/",
  "https://a-b.example.co.uk/path/with%20space",
  "https://homes.com/",
  "https://0x7f000001.example.com/",
];

const ADDRESSES = [
  "https://8.8.8.8/",
  "http://1.1.1.1:8080/",
  "https://93.184.216.34/",
  "https://0x08080808/",
  "https://134744072/",
  "https://[2606:4700:4700::1111]/",
  "https://[2001:4860:4860::8888]/",
  "https://[2a00:1450:4001::8a]/",
  "https://[2620:fe::fe]:8443/",
  "https://[2400:cb00::1]/",
  "https://[2c0f:fb50::1]/",
  "https://[2A00:1450:4001:0:0:0:0:8A]/",
  "https://[::ffff:8.8.8.8]/",
  "https://[::ffff:101:101]/",
  "https://[64:ff9b::808:808]/",
  "https://[64:ff9b::1.1.1.1]/",
  "https://[2002:808:808::1]/",
  "https://[2607:f8b0::200:5efe:8.8.8.8]/",
];

/** One below and one above each closed block, where that is not in the next closed one. */
const NEIGHBOURS = [
  "1.0.0.0", // above 0.0.0.0/8
  "9.255.255.255",
  "11.0.0.0", // 10.0.0.0/8
  "100.63.255.255",
  "100.128.0.0", // 100.64.0.0/10
  "126.255.255.255",
  "128.0.0.0", // 127.0.0.0/8
  "168.63.129.15",
  "168.63.129.17", // 168.63.129.16/32
  "169.253.255.255",
  "169.255.0.0", // 169.254.0.0/16
  "172.15.255.255",
  "172.32.0.0", // 172.16.0.0/12
  "191.255.255.255",
  "192.0.1.0", // 192.0.0.0/24
  "192.0.1.255",
  "192.0.3.0", // 192.0.2.0/24
  "192.88.98.255",
  "192.88.100.0", // 192.88.99.0/24
  "192.167.255.255",
  "192.169.0.0", // 192.168.0.0/16
  "198.17.255.255",
  "198.20.0.0", // 198.18.0.0/15
  "198.51.99.255",
  "198.51.101.0", // 198.51.100.0/24
  "203.0.112.255",
  "203.0.114.0", // 203.0.113.0/24
  "223.255.255.255", // below 224.0.0.0/3
];

const IPV6_NEIGHBOURS = [
  "2000::", // the first of global unicast
  "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", // below 2001::/23
  "2001:200::", // above 2001::/23
  "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
  "2001:db9::", // 2001:db8::/32
  "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", // below 2002::/16
  "2003::", // above 2002::/16
  "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  "3fff:1000::", // 3fff::/20
  "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", // the last of global unicast
];

const ALL = [
  ...NAMES,
  ...ADDRESSES,
  ...NEIGHBOURS.flatMap((address) => [`https://${address}/`, `https://[::ffff:${address}]/`]),
  ...IPV6_NEIGHBOURS.map((address) => `https://[${address}]/`),
];

describe("public addresses", () => {
  it.each(ALL)("[E1] lets %s pass, through the public network", (url) => {
    expect(judgeUrl(url, CLOSED)).toMatchObject({ ok: true, network: "public" });
  });

  it.each(["https://example.com:25/", "http://8.8.8.8:6379/", "http://example.com:22/"])(
    "[E1] refuses the port of %s",
    (url) => {
      expect(judgeUrl(url, CLOSED)).toEqual({
        ok: false,
        why: expect.stringMatching(
          /^port \d+ is not one where HTTP is served, nor opened by EGRESS_ALLOW$/,
        ) as string,
      });
    },
  );
});
