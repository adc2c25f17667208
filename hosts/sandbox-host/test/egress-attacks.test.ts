// The public lists of attacks, and our own, played against a door whose group trusts too much.
import { existsSync, readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";

import type { SandboxEgress } from "@acos/protocol";
import { afterEach, describe, expect, it } from "vitest";

import {
  denied,
  echoServer,
  endAll,
  IDENTITY,
  listening,
  openBench,
  openTunnel,
  PUBLIC,
  tell,
  type Bench,
} from "./egress-bench.ts";

afterEach(endAll);

const VECTORS = new URL("../../../../shared/vectors/", import.meta.url);

/** The cases of a list; a machine without it says so, CI fails without it. */
function casesOf(name: string): readonly Readonly<Record<string, string | undefined>>[] {
  const file = new URL(name, VECTORS);
  if (existsSync(file))
    return (JSON.parse(readFileSync(file, "utf8")) as { cases: ReturnType<typeof casesOf> }).cases;
  if (process.env["CI"] === "true") throw new Error(`CI must have ../shared/vectors/${name}`);
  console.warn(`*** ${name}: vectors left out, these defences were NOT tested on this machine ***`);
  return [];
}

const connect = (target: string, host = target) =>
  `CONNECT ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const get = (host: string, named = host) =>
  `GET http://${host}/ HTTP/1.1\r\nHost: ${named}\r\nConnection: close\r\n\r\n`;

/** Nothing went anywhere but to the allowed address, and every attempt is on record with whose it is. */
function expectHeld({ connected, entries }: Bench, attempts: number): void {
  expect(connected.filter(({ address }) => address !== PUBLIC)).toEqual([]);
  const refused = denied(entries);
  expect(refused).toHaveLength(attempts);
  for (const entry of refused) expect(entry).toMatchObject({ ...IDENTITY, what: "asked" });
}

async function playAll(
  attempts: readonly string[],
  hosts: readonly string[] = ["allowed.example", "*.allowed.example"],
) {
  const bench = await openBench({ policy: { hosts: [...hosts] }, to: await echoServer() });
  for (const bytes of attempts) expect(await tell(bench, bytes)).toMatch(/^HTTP\/1\.1 40[03] /);
  expectHeld(bench, attempts.length);
  return bench;
}

/** How each case of the list that a proxy can meet is played; the others are the sandbox's own walls. */
const PLAYS: Readonly<Record<string, () => Promise<unknown>>> = {
  "connect to 127.0.0.1 of the host: orchestrator, DO, R2, KV, inspector ports": () => {
    const hosts = [80, 443, 8787, 9229, 8080].map((port) => `127.0.0.1:${port}`);
    return playAll(
      [...hosts.map((host) => connect(host)), ...hosts.map((host) => get(host))],
      hosts,
    );
  },
  "IPv6 link-local and ::1": () =>
    playAll(
      ["[::1]:443", "[fe80::1]:443", "[fe80::1%25eth0]:443", "[::]:80"].map((host) =>
        connect(host),
      ),
      ["[::1]", "[fe80::1]", "[::]"],
    ),
  "DNS query of CANARY.x.invalid (tunnel)": async () => {
    const attempts = [connect("CANARY.x.invalid:443"), get("CANARY.x.invalid")];
    expect((await playAll(attempts)).resolved).toEqual([]);
    expect((await playAll(attempts, ["*.x.invalid"])).resolved).toEqual([]);
  },
  'egress proxy: host "evil.invalid\\0.allowed.example" (SOCKS5 NUL, seen in Claude Code v2.0.24–v2.1.89)':
    () => {
      const hosts = [
        "evil.invalid\0.allowed.example",
        "evil.invalid%00.allowed.example",
        "evil.invalid\\0.allowed.example",
      ];
      const socks =
        "\x05\x01\x00\x05\x01\x00\x03\x1devil.invalid\0.allowed.example\x01\xbb\r\n\r\n";
      return playAll([
        ...hosts.map((host) => connect(`${host}:443`)),
        ...hosts.map((host) => get(host)),
        socks,
      ]);
    },
  "egress proxy: trailing dot, upper case, punycode, percent-encoded host": async () => {
    const hosts = [
      "evil.example.",
      "allowed.example.",
      "EVIL.EXAMPLE",
      "xn--llowed-xza.example",
      "%61llowed.example",
      "allowed%2eexample",
      "evil.example%2f.allowed.example",
    ];
    await playAll([
      ...hosts.map((host) => connect(`${host}:443`)),
      ...hosts.map((host) => get(host)),
    ]);
    const bench = await openBench({
      policy: { hosts: ["allowed.example"] },
      to: await echoServer(),
    });
    (await openTunnel(bench, "ALLOWED.Example:443")).destroy();
    expect(bench.resolved).toEqual(["allowed.example"]);
  },
  "egress proxy: IP literal of an allowed host, and of a denied one": () =>
    playAll(
      [PUBLIC, "1.1.1.1", "[2606:4700:4700::1111]"].flatMap((host) => [
        connect(`${host}:443`),
        get(host),
      ]),
    ),
  "egress proxy: Host header differs from CONNECT target": () =>
    playAll([
      connect("allowed.example:443", "evil.example:443"),
      get("allowed.example", "evil.example"),
      connect("evil.example:443", "allowed.example:443"),
    ]),
  "egress proxy: request smuggling (CL.TE, TE.CL, bare LF)": async () => {
    const seen: string[] = [];
    const to = await listening(
      createHttpServer((request, response) => {
        request.on("end", () => seen.push(request.url ?? "")).resume();
        response.end();
      }),
    );
    const bench = await openBench({ policy: { hosts: ["allowed.example"] }, to });
    const post = "POST http://allowed.example/ HTTP/1.1\r\nHost: allowed.example\r\n";
    const attempts = [
      `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
      `${post}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n1c\r\n${get("evil.example")}\r\n0\r\n\r\n`,
      `${post}X: y\nContent-Length: 100\r\n\r\n`,
    ];
    for (const bytes of attempts) expect(await tell(bench, bytes)).toMatch(/^HTTP\/1\.1 400 /);
    expect(seen).toEqual([]);
    expectHeld(bench, attempts.length);
  },
  "egress proxy: WebSocket upgrade through it": () => {
    const upgrade = (host: string) =>
      get(host).replace("close", "Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==");
    return playAll([
      upgrade("evil.example"),
      upgrade("127.0.0.1"),
      upgrade("allowed.example:9000"),
    ]);
  },
  "egress proxy: no proxy env set (direct connect)": () =>
    // There is no route. What finds the pipe all the same, and speaks as to the server itself, gets no further.
    playAll([
      "GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n",
      "\x16\x03\x01\x00\x01\x01\r\n\r\n",
    ]),
  "exfiltration through an allowed host that accepts uploads (package registry, git host, paste)":
    async () => {
      const to = await listening(
        createHttpServer((request, response) =>
          request.on("end", () => response.end("kept")).resume(),
        ),
      );
      const bench = await openBench({ policy: { hosts: ["allowed.example"] }, to });
      const body = "x".repeat(100_000);
      const upload = `PUT http://allowed.example/p HTTP/1.1\r\nHost: allowed.example\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      expect(await tell(bench, upload)).toContain("kept");
      // A list of hosts cannot stop it. It is on record: who, where to, how much.
      await expect
        .poll(() => bench.entries.at(-1))
        .toMatchObject({ ...IDENTITY, what: "ended", host: "allowed.example" });
      expect(bench.entries.at(-1)?.bytesOut).toBeGreaterThan(body.length);
    },
};
/** Stopped by the sandbox: no route, no such sockets, no listener outside. */
const WALLS = [
  "UDP, QUIC, ICMP, raw socket, AF_PACKET, AF_VSOCK, AF_NETLINK",
  "/var/run/docker.sock, ssh-agent, gpg-agent, dbus sockets",
  "listen on 0.0.0.0 and be reached from outside without the preview gate",
  "bind the preview port of another group",
];

describe("a case of the list", () => {
  const cases = casesOf("sandbox-escapes.json").filter(({ cat }) => cat === "network");

  it("[E1] is played here, or a matter of the sandbox's walls", () => {
    expect(
      cases.filter(({ how }) => !(String(how) in PLAYS) && !WALLS.includes(String(how))),
    ).toEqual([]);
  });

  it.each(Object.keys(PLAYS))(
    "[E1] ends without a connection off the policy, and on record: %s",
    async (how) => {
      await PLAYS[how]?.();
    },
  );
});

describe("an address of the list", () => {
  const urls = casesOf("ssrf.json").flatMap(({ url, whatwgHostname }) =>
    url === undefined ? [] : [{ url, canonical: whatwgHostname ?? URL.parse(url)?.hostname ?? "" }],
  );

  it(
    "[E4] is reached neither by CONNECT nor by URL, even where the group lists it and every name is said to be public",
    { timeout: 60_000 },
    async () => {
      const bench = await openBench({ to: await echoServer() });
      const reached: string[] = [];
      for (const { url, canonical } of urls) {
        const authority = /^[a-z]*:?[\\/]*([^/\\?#]*)/i.exec(url)?.[1] ?? "";
        const bare = authority.replace(/:\d+$/, "");
        // Past the protocol's own check of entries, which takes few of these. The one public host is there for its port.
        const hosts = [bare, canonical].filter((host) => host !== "example.com");
        bench.door.setPolicy({ hosts, registries: false, secrets: [] } satisfies SandboxEgress);
        const target = /:\d+$/.test(authority) ? authority : `${authority}:80`;
        const spelled = [
          connect(target),
          get(authority),
          connect(`${canonical}:80`),
          get(canonical),
        ];
        for (const text of spelled) {
          const bytes = Buffer.from(text, "utf8");
          const answer = await tell(bench, bytes);
          if (!/^HTTP\/1\.1 40[03] /.test(answer)) reached.push(text);
        }
      }
      expect(reached).toEqual([]);
      expect(bench.connected).toEqual([]);
    },
  );
});

describe("what looks like an attack and is none", () => {
  const OPEN = [
    "example.com",
    "EXAMPLE.com",
    "a-b.c-d.example.com",
    "xn--bcher-kva.example.com",
    "1and1.com",
    "127.com",
    "0x7f.example.com",
    "localhost.example.com",
    "internal.example.com",
    "nip.io.example.com",
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "[2606:4700:4700::1111]",
    "[2a00:1450:4001:81b::200e]",
    "[64:ff9b::808:808]",
    "[2002:808:808::]",
  ];

  it.each(OPEN)("[E4] is let through: %s", async (host) => {
    const bench = await openBench({ policy: { hosts: [host] }, to: await echoServer() });
    (await openTunnel(bench, `${host}:443`)).destroy();
    await tell(bench, get(host));
    expect(bench.connected).toHaveLength(2);
  });
});

describe("a host that only looks like an allowed one", () => {
  const LOOKALIKES = [
    "evilallowed.example",
    "allowed.example.evil.example",
    "allowed.example-evil.example",
    "allowed-example",
    "allowed.exampl",
    "allowed.examplee",
    "allowedxexample",
    "allowed.example:443@evil.example",
    "allowed.example@evil.example",
    "evil.example@allowed.example",
    "evil.example#allowed.example",
    "evil.example#.allowed.example",
    "evil.example?.allowed.example",
    "evil.example/.allowed.example",
    "evil.example\\.allowed.example",
    "evil.example\\@allowed.example",
    "evil.example;.allowed.example",
    "evil.example,allowed.example",
    "evil.example&allowed.example",
    "evil.example|allowed.example",
    "evil.example..allowed.example.",
    ".allowed.example",
    "..allowed.example",
    "a..allowed.example",
    "-.allowed.example",
    "*.allowed.example",
    "%2a.allowed.example",
    "evil.example%20.allowed.example",
    "evil.example%0d%0a.allowed.example",
    "evil.example%09.allowed.example",
    "evil.example%23.allowed.example",
    "evil.example%40allowed.example",
    "[allowed.example]",
    "[evil.example].allowed.example",
    "[::1].allowed.example",
    "[::1]allowed.example",
    "127.0.0.1.",
    "127.1",
    "2130706433",
    "017700000001",
    "0x7f.1",
    "allowed.example\t",
    "allowed.example\x0b",
    "allowed.example\xa0",
    "allowed\u3002example",
    "\uff41llowed.example",
    "allow\u00aded.example",
    "allowed.example\u200b",
    "\u0430llowed.example",
    "xn--llowed-8nf.example",
    "allowed.example:80:443",
    "allowed.example:-443",
    "allowed.example:443.evil.example",
  ];

  it.each(LOOKALIKES)("[E3] is reached neither by CONNECT nor by URL: %j", async (host) => {
    const bench = await openBench({
      policy: { hosts: ["allowed.example", "*.allowed.example"] },
      to: await echoServer(),
    });
    for (const text of [
      connect(`${host}:443`),
      get(host),
      connect(`${host}:443`, "allowed.example:443"),
      get(host, "allowed.example"),
    ]) {
      const answer = await tell(bench, Buffer.from(text, "utf8"));
      expect(answer).toMatch(/^HTTP\/1\.1 40[03] /);
    }
    expect([bench.connected, bench.resolved]).toEqual([[], []]);
    expect(denied(bench.entries)).toHaveLength(4);
  });
});
