// What is never called: the attack list, cases that it does not have, and the two ways an operator can open something.
import { existsSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { judgeUrl, parseAllowList, type EgressPolicy } from "../src/index.ts";
import { CLOSED, LOCAL, passes } from "./policies.ts";
import { describeAttacks } from "./vectors.ts";

describeAttacks({ existsSync, readFileSync }, ({ urls }) => {
  it("[E2] is refused whole", () => {
    expect(urls.length).toBeGreaterThan(300);
    expect(urls.filter((url) => passes(url, CLOSED))).toEqual([]);
  });

  it("[E2] is refused whole in upper case, behind https, on port 8080, and with a trailing dot", () => {
    const variants = urls.flatMap((url) => {
      const parsed = URL.parse(url);
      if (parsed === null || !/^https?:$/.test(parsed.protocol)) return [];
      const { host, hostname } = parsed;
      const dotted = hostname.startsWith("[") ? [] : [`https://${hostname}./`];
      return [`https://${host.toUpperCase()}/`, `https://${hostname}:8080/`, ...dotted];
    });
    expect(variants.length).toBeGreaterThan(800);
    const open = variants.filter((url) => passes(url, CLOSED));
    // Three entries are refused for their port alone; on another port their host is a public one.
    expect(open.filter((url) => !url.startsWith("https://example.com"))).toEqual([]);
  });
});

const NOT_LISTED = [
  ["an IPv6 zone id", "http://[fe80::1%25eth0]/"],
  ["a bare zone id", "http://[fe80::1%eth0]/"],
  ["0 alone", "http://0/"],
  ["0 in hexadecimal", "http://0x/"],
  ["0.0 with two parts", "http://0.0/"],
  ["unspecified IPv6", "http://[::]/"],
  ["unspecified IPv6 in full", "http://[0:0:0:0:0:0:0:0]:8080/"],
  ["a mapped 0.0.0.0", "http://[::ffff:0.0.0.0]/"],
  ["enclosed alphanumerics", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/"],
  ["mathematical digits", "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/"],
  ["superscript digits", "http://¹²⁷.⁰.⁰.¹/"],
  ["a trailing dot after octal", "http://0177.1./"],
  ["two trailing dots", "http://localhost../"],
  ["upper case hexadecimal", "http://0X7F.0X0.0X0.0X1/"],
  ["octal mixed with decimal and hexadecimal", "http://0300.168.0x1.1/"],
  ["one part beyond 32 bits", "http://4294967296/"],
  ["the local NAT64 prefix", "https://[64:ff9b:1::8.8.8.8]/"],
  ["an IPv4-compatible public address", "https://[::8.8.8.8]/"],
  ["an IPv4-compatible private address", "https://[::10.0.0.1]/"],
  ["6to4 of a private address", "https://[2002:c0a8:101::1]/"],
  ["6to4 of a metadata address", "https://[2002:a9fe:a9fe::]/"],
  ["Teredo", "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/"],
  ["SIIT of a public address", "https://[::ffff:0:8.8.8.8]/"],
  ["ISATAP of loopback under a public prefix", "https://[2607:f8b0::200:5efe:127.0.0.1]/"],
  ["ISATAP of a public address under link-local", "https://[fe80::5efe:8.8.8.8]/"],
  ["ISATAP of a public address under unique local", "https://[fd00::200:5efe:8.8.8.8]/"],
  ["link-local by a high bit", "https://[febf::1]/"],
  ["site-local", "https://[fec0::1]/"],
  ["IPv6 multicast", "https://[ff02::1]/"],
  ["the discard prefix", "https://[100::1]/"],
  ["IPv6 documentation", "https://[3fff::1]/"],
  ["below global unicast", "https://[1fff:ffff::1]/"],
  ["above global unicast", "https://[4000::1]/"],
  ["segment routing", "https://[5f00::1]/"],
  ["ORCHID", "https://[2001:20::1]/"],
  ["a metadata service by IPv6", "https://[fd20:ce::254]/"],
  ["a wire server", "https://168.63.129.16/"],
  ["NAT64 of the wire server", "https://[64:ff9b::168.63.129.16]/"],
  ["an ideographic dot in a name", "http://metadata。google。internal/"],
  ["a name in full width", "http://ｍｅｔａｄａｔａ.google.internal/"],
  ["a soft hyphen in a name", "http://local\u00adhost/"],
  ["a metadata name with a trailing dot", "http://metadata.google.internal./"],
  ["a metadata name below another", "http://x.metadata.goog/"],
  ["a resolver of addresses", "https://app.nip.io/"],
  ["a resolver of addresses with dashes", "https://10-0-0-1.sslip.io/"],
  ["a rebinding zone", "https://7f000001.08080808.rbndr.us/"],
  ["an empty label", "https://a..b/"],
  ["an onion", "http://abcdefghij.onion/"],
  ["a single label", "http://printer/"],
  ["backslashes for slashes", "http:\\\\10.0.0.1\\x"],
  ["a backslash before an at sign", "http://127.0.0.1\\@example.com/"],
  ["an at sign in the user", "http://example.com%40@10.0.0.1/"],
  ["a tab in the scheme", "ht\ttp://example.com/"],
  ["a line end in the scheme", "http\n://example.com/"],
  ["a line end in the host", "http://exam\nple.com/"],
  ["a line end in the path", "http://example.com/\r\nHost: inner"],
  ["a null", "http://example.com/\u0000"],
  ["a leading line end", "\nhttp://example.com/"],
  ["no slashes before a local host", "http:127.0.0.1"],
  ["too many slashes before a local host", "http://///127.0.0.1/"],
  ["port 0", "http://example.com:0/"],
  ["port 65536", "http://example.com:65536/"],
  ["a port below zero", "http://example.com:-80/"],
  ["a port with a space", "http://example.com:80 80/"],
  ["an empty host", "http:///"],
  ["an unclosed bracket", "http://[::1/"],
  ["IPv4 in brackets", "http://[127.0.0.1]/"],
  ["a blob", "blob:http://example.com/1"],
  ["data", "data:text/plain,x"],
  ["gopher", "gopher://example.com/"],
  ["a websocket", "ws://example.com/"],
  ["a view of a source", "view-source:http://example.com/"],
  ["a user without a password", "https://user@example.com/"],
  ["nothing", ""],
  ["more than 16,384 characters", `https://example.com/${"x".repeat(20_000)}`],
] as const;

describe("closed addresses that the list does not have", () => {
  it.each(NOT_LISTED)("[E2] refuses %s", (_what, url) => {
    expect(passes(url, CLOSED)).toBe(false);
  });

  it("[E2] answers the URL that it judged, not another reading of the text", () => {
    expect(judgeUrl("https:\\\\example.com\\a", CLOSED)).toMatchObject({
      ok: true,
      url: { href: "https://example.com/a" },
    });
    expect(judgeUrl(" https://0x08080808/ ", CLOSED)).toMatchObject({
      ok: true,
      url: { href: "https://8.8.8.8/" },
    });
  });
});

describe("what the operator opens", () => {
  it.each([
    "http://127.0.0.1:4321/v1",
    "http://localhost:11434",
    "http://[::1]:99/",
    "http://192.168.1.4:1/",
    "http://100.64.0.1/",
    "http://box.local/",
    "http://[fd12:3456::1]/",
  ])("[E3] local addresses, on any port: %s", (url) => {
    expect(judgeUrl(url, LOCAL)).toMatchObject({ ok: true, network: "local" });
    expect(passes(url, CLOSED)).toBe(false);
  });

  it.each([
    "http://169.254.169.254/",
    "http://169.254.170.2/",
    "http://metadata.google.internal/",
    "http://[fd00:ec2::254]/",
    "http://[fd20:ce::254]/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
  ])("[E3] [E4] never the metadata service %s, by class or by name", (url) => {
    const { hostname } = new URL(url);
    expect(passes(url, LOCAL)).toBe(false);
    expect(passes(url, { local: true, allow: [hostname, `${hostname}:80`] })).toBe(false);
  });

  it("[E4] a refusal names the list only where it would help", () => {
    const whyNot = (url: string) => {
      const judgement = judgeUrl(url, CLOSED);
      return judgement.ok ? "" : judgement.why;
    };
    expect(whyNot("http://127.0.0.1/")).toMatch(/ is a local address .*EGRESS_ALLOW/);
    expect(whyNot("http://example.com:25/")).toContain("EGRESS_ALLOW");
    expect(whyNot("http://169.254.169.254/")).toMatch(
      / is a metadata address, which nothing opens$/,
    );
    expect(whyNot("ftp://example.com/")).not.toContain("EGRESS_ALLOW");
  });

  it("[E3] no reserved addresses", () => {
    expect(passes("http://0.0.0.0/", LOCAL)).toBe(false);
    expect(passes("http://[fe80::1]/", LOCAL)).toBe(false);
  });

  it("[E4] exactly what is listed, through the network for listed hosts", () => {
    const policy: EgressPolicy = {
      local: false,
      allow: ["127.0.0.1:9000", "box.local", "[::1]:7", "models.example.com:9443"],
    };
    const open = (url: string) => judgeUrl(url, policy);
    expect(open("http://127.0.0.1:9000/x")).toMatchObject({ ok: true, network: "listed" });
    expect(open("http://127.0.0.1:9001/x").ok).toBe(false);
    expect(open("http://127.0.0.2:9000/x").ok).toBe(false);
    expect(open("http://box.local:5/x")).toMatchObject({ ok: true, network: "listed" });
    expect(open("http://a.box.local:5/x").ok).toBe(false);
    expect(open("http://[::1]:7/").ok).toBe(true);
    expect(open("http://u:p@127.0.0.1:9000/x").ok).toBe(false);
    expect(open("https://models.example.com:9443/")).toMatchObject({ ok: true, network: "listed" });
    expect(open("https://models.example.com/")).toMatchObject({ ok: true, network: "public" });
  });

  it("[E4] reads the list as the operator writes it", () => {
    expect(parseAllowList(" Box.local, ,127.0.0.1:9000 ")).toEqual(["box.local", "127.0.0.1:9000"]);
    expect(parseAllowList(undefined)).toEqual([]);
    expect(parseAllowList("")).toEqual([]);
  });
});
