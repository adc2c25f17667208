// Ports: what listens in a sandbox is found, and reached by HTTP and WebSocket through the signed way alone.
import { expect, it } from "vitest";
import { WebSocket } from "ws";

import type { PortView } from "@acos/protocol";

import { describeTargets } from "./describe-targets.ts";
import { expectOk, type SandboxClient } from "./sandbox-client.ts";
import type { Place } from "./target.ts";

const PORT = 4_173;

/** Says what it was asked, and on a WebSocket says everything once more. No package is there to make it shorter. */
const SERVER = `
import { createHash } from "node:crypto";
import { createServer } from "node:http";
const server = createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  if (request.url === "/away") return response.writeHead(302, { location: "http://example.com/" }).end();
  response.writeHead(200, { "content-type": "application/json", "x-own": "kept" });
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
});
server.on("upgrade", (request, socket) => {
  const accept = createHash("sha1")
    .update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    .digest("base64");
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n" +
    "Sec-WebSocket-Accept: " + accept + "\\r\\n\\r\\n");
  const say = (text) => socket.write(Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]));
  say("origin " + request.headers.origin + " host " + request.headers.host);
  socket.on("data", (data) => {
    if ((data[0] & 15) !== 1) return socket.end();
    const mask = data.subarray(2, 6);
    say("heard " + data.subarray(6, 6 + (data[1] & 127)).map((byte, at) => byte ^ mask[at % 4]).toString());
  });
  socket.on("error", () => undefined);
});
server.listen(Number(process.argv[2]), process.argv[3]);
`;

async function serving(one: SandboxClient, address = "127.0.0.1"): Promise<void> {
  await expectOk(await one.write("server.mjs", SERVER));
  const ask = { background: true, process: "server" };
  await expectOk(await one.start(`exec node server.mjs ${PORT} ${address}`, ask));
  await expect
    .poll(async () => (await portsOf(one)).map(({ port }) => port), { timeout: 15_000 })
    .toContain(PORT);
}

async function portsOf(one: SandboxClient): Promise<PortView[]> {
  const response = await expectOk(await one.agent("/ports"));
  return ((await response.json()) as { items: PortView[] }).items;
}

/** The messages of a socket, as many as are waited for. */
async function messagesOf(place: Place, one: SandboxClient, said: readonly string[]) {
  const { target, headers } = await one.signedUpgrade(`/ports/${PORT}/proxy/hmr?token=x`);
  const way = place.socket?.(target);
  if (way === undefined) throw new Error("this target has no sockets");
  const origin = "https://4173--sbx.preview.example.com";
  const socket = new WebSocket(way.url, { headers: { ...headers, ...way.headers }, origin });
  const heard: string[] = [];
  const all = Promise.withResolvers<string[]>();
  socket.on("error", all.reject);
  socket.on("message", (data) => {
    heard.push((data as Buffer).toString("utf8"));
    const next = said[heard.length - 1];
    if (next === undefined) all.resolve(heard);
    else socket.send(next);
  });
  return all.promise.finally(() => socket.close());
}

describeTargets("ports that nobody listens on", ({ sandbox }) => {
  it("[R1] are not listed, and say so when they are asked", async () => {
    const one = await sandbox();
    expect(await portsOf(one)).toEqual([]);
    const answer = await one.agent(`/ports/${PORT}/proxy/`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });
});

describeTargets(
  "ports of a server",
  ({ sandbox, place }) => {
    it("[R1] are listed while something listens", async () => {
      const one = await sandbox();
      await serving(one);
      expect(await portsOf(one)).toEqual([
        expect.objectContaining({ port: PORT, address: "loopback" }),
      ]);
      await expectOk(await one.agent("/procs/server", { method: "DELETE" }));
      await expect.poll(() => portsOf(one)).toEqual([]);
    });

    it.each(["127.0.0.1", "::1"])(
      "[R2] on %s are reached, each request as it was made",
      async (address) => {
        const one = await sandbox();
        await serving(one, address);
        const response = await one.agent(`/ports/${PORT}/proxy/a%2Fb//c`, {
          method: "POST",
          search: "?x=%20&&y",
          body: "hello",
          headers: { origin: "https://4173--sbx.preview.example.com", "x-mine": "1" },
        });
        expect(response.headers.get("x-own")).toBe("kept");
        const heard = (await response.json()) as { url: string; headers: Record<string, string> };
        expect(heard).toMatchObject({ method: "POST", url: "/a%2Fb//c?x=%20&&y", body: "hello" });
        expect(heard.headers).toMatchObject({
          host: `localhost:${PORT}`,
          origin: `http://localhost:${PORT}`,
          "x-mine": "1",
        });
      },
    );

    it("[R3] see nothing of the proof that a request came with", async () => {
      const one = await sandbox();
      await serving(one);
      const response = await one.agent(`/ports/${PORT}/proxy/`);
      const { headers } = (await response.json()) as { headers: Record<string, string> };
      const ours = Object.keys(headers).filter((name) => /^acos-|^authorization$/.test(name));
      expect(ours).toEqual([]);
      expect(JSON.stringify(headers)).not.toContain(one.group.group);
    });

    it("[R4] send nobody anywhere: a redirect is handed on", async () => {
      const one = await sandbox();
      await serving(one);
      const response = await one.agent(`/ports/${PORT}/proxy/away`);
      expect(response.status).toBe(302);
      expect(response.headers.get("location")).toBe("http://example.com/");
    });

    it("[R5] are reached by WebSocket, with Host and Origin as the server knows itself", async () => {
      const one = await sandbox();
      await serving(one);
      const heard = await messagesOf(place(), one, ["one", "two"]);
      expect(heard).toEqual([
        `origin http://localhost:${PORT} host localhost:${PORT}`,
        "heard one",
        "heard two",
      ]);
    });

    it("[R5] by no WebSocket without a signature", async () => {
      const one = await sandbox();
      await serving(one);
      const { target } = await one.signedUpgrade(`/ports/${PORT}/proxy/`);
      const way = place().socket?.(target);
      const socket = new WebSocket(way?.url ?? "", { headers: way?.headers ?? {} });
      const status = new Promise((resolve) => {
        socket.on("unexpected-response", (_, response) => resolve(response.statusCode));
        socket.on("open", () => resolve("opened"));
        socket.on("error", () => undefined);
      });
      expect(await status).toBe(401);
      socket.terminate();
    });
  },
  { programs: true },
);
