// Where the Workers' requests can go, as the runtime holds them to it: whatever a name resolves to, on loopback only.
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";

import { closedBlocks } from "@acos/egress";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { networks } from "../src/up/networks.ts";
import { type Launcher, makeBench, until } from "./launcher.ts";

const SLOW_MS = 40_000;
/** The type of the first record of a TLS connection (RFC 8446, section 5.1). */
const TLS_HANDSHAKE = 22;
let bench: Awaited<ReturnType<typeof makeBench>>;
let launcher: Launcher;
let inner: Server;
let port: number;
let hits = 0;

beforeAll(async () => {
  inner = createServer((_request, response) => {
    hits += 1;
    response.end("inner service");
  });
  await new Promise<void>((listening) => inner.listen(0, "127.0.0.1", listening));
  port = (inner.address() as AddressInfo).port;
  bench = await makeBench();
  launcher = await bench.up({ data: bench.newData(), environment: { ACOS_LOG: "json" } });
}, SLOW_MS);
afterAll(async () => {
  inner.close();
  await bench.end();
}, SLOW_MS);

async function tryOut(path: string, host: string, network = ""): Promise<string> {
  const query = new URLSearchParams({ to: `http://${host}:${port}/`, network });
  return (await fetch(`${launcher.url}${path}?${query}`, { method: "POST" })).text();
}

describe("the ways out", { timeout: SLOW_MS }, () => {
  it.each(["/out", "/group/out", "/agents/out"])(
    "[N1] a Worker's own fetch leads nowhere (%s)",
    async (path) => {
      const before = hits;
      expect(await tryOut(path, "127.0.0.1")).toBe("404 ");
      expect(hits).toBe(before);
    },
  );

  it.each(["localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "0.0.0.0"])(
    "[N2] the public network does not connect to %s, a name that resolves there included",
    async (host) => {
      const before = hits;
      expect(await tryOut("/agents/out", host, "PUBLIC_NETWORK")).toMatch(/^failed: /);
      expect(hits).toBe(before);
    },
  );

  it.each(["LOCAL_NETWORK", "LISTED_NETWORK"])(
    "[N2] the %s reaches this machine, by name too",
    async (network) => {
      expect(await tryOut("/agents/out", "127.0.0.1", network)).toBe("200 inner service");
      expect(await tryOut("/agents/out", "localhost", network)).toBe("200 inner service");
    },
  );

  it("[N3] the lists of closed blocks hold: loopback by the unspecified address is none of the local network's", async () => {
    const before = hits;
    expect(await tryOut("/agents/out", "0.0.0.0", "LOCAL_NETWORK")).toMatch(/^failed: /);
    expect(hits).toBe(before);
    const made = networks({});
    expect(made.PUBLIC_NETWORK.network).toMatchObject({
      allow: ["public"],
      deny: closedBlocks("public"),
      tlsOptions: { trustBrowserCas: true },
    });
    expect(made.LOCAL_NETWORK.network.allow).not.toContain("public");
    for (const { network } of Object.values(made))
      expect(network.deny).toEqual(
        expect.arrayContaining(["169.254.0.0/16", "fd00:ec2::/32", "168.63.129.16/32"]),
      );
  });

  it("[N3] https is spoken, and a server that nobody vouches for is not believed", async () => {
    const first = Promise.withResolvers<number | undefined>();
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", (bytes) => {
        first.resolve(bytes[0]);
        socket.destroy();
      });
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const to = `https://localhost:${(server.address() as AddressInfo).port}/`;
    const query = new URLSearchParams({ to, network: "LISTED_NETWORK" });
    const asked = fetch(`${launcher.url}/agents/out?${query}`, { method: "POST" });
    expect(await first.promise).toBe(TLS_HANDSHAKE);
    expect(await (await asked).text()).toMatch(/^failed: /);
    server.close();
  });

  it("[N4] a refused connection is a line of the log that tells where it was meant to go", async () => {
    await tryOut("/agents/out", "localhost", "PUBLIC_NETWORK");
    const words = `no connection: connecting to localhost:${port} is not allowed`;
    await until(() => launcher.stderr().includes(words));
    expect(launcher.stderr()).not.toMatch(/stack|sentry|wdErrId/);
    const lines = launcher.stderr().trim().split("\n");
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object).slice(0, 3))).toEqual(
      lines.map(() => ["at", "level", "message"]),
    );
  });
});
