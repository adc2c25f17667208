// Servers in a sandbox, seen through the agent: which there are, and the way to them.
import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";

import { parseListening } from "../src/agent/ports/listening-ports.ts";
import { Agent, endAgents, outputIn } from "./agent-client.ts";

let agent: Agent;
beforeAll(async () => {
  agent = await Agent.start();
});
afterAll(endAgents);

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(
  handler: Parameters<typeof createServer>[1],
  host = "127.0.0.1",
): Promise<{ server: Server; port: number }> {
  const server = createServer(handler).listen(0, host);
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

describe("the list of ports", () => {
  it("[A28] names each port that listens, with the process whose it is", async () => {
    const script = `const server = require("net").createServer();
      server.listen(0, "127.0.0.1", () => console.log(server.address().port))`;
    const started = await agent.open("POST /procs", {
      body: { command: `node -e '${script}'`, background: true, process: "listener" },
    });
    started.destroy();
    const said = async () => outputIn(await agent.outputSoFar("listener"));
    await expect.poll(said).toMatch(/^\d+\n$/);
    const port = Number(await said());
    const { body } = await agent.json("GET /ports");
    expect(body.items).toContainEqual({ port, address: "loopback", process: "listener" });
    await agent.ask("DELETE /procs/listener");
    const after = await agent.json("GET /ports");
    expect(after.body.items.map((item: { port: number }) => item.port)).not.toContain(port);
  });

  it("[A28] reads the kernel's tables", () => {
    const table = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      "   0: 0100007F:1435 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1",
      "   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4712 1",
      "   2: 0100007F:1435 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4713 1",
      "",
    ].join("\n");
    expect(parseListening(table)).toEqual([
      { port: 5173, address: "loopback", inode: "4711" },
      { port: 8080, address: "any", inode: "4712" },
    ]);
  });
});

describe("the way to a port", () => {
  it("[A29] tries both loopbacks, and says when nothing listens", async () => {
    const four = await serve((_request, response) => response.end("four"));
    const six = await serve((_request, response) => response.end("six"), "::1");
    const through = async (port: number) =>
      (await agent.ask(`GET /ports/${port}/proxy/`)).body.toString();
    expect(await through(four.port)).toBe("four");
    expect(await through(six.port)).toBe("six");
    six.server.close();
    await expect
      .poll(async () => await agent.json(`GET /ports/${six.port}/proxy/`))
      .toMatchObject({ status: 502, body: { code: "sandbox_failed" } });
    for (const port of [3128, 0, 70_000])
      expect((await agent.ask(`GET /ports/${port}/proxy/`)).status).toBe(403);
  });

  it("[A29] carries method, path, headers and body, but what is about one connection", async () => {
    const seen: { request: IncomingMessage; body: string }[] = [];
    const { port } = await serve(async (request, response) => {
      seen.push({ request, body: await text(request) });
      response.writeHead(207, "Many", {
        "set-cookie": ["a=1", "b=2"],
        connection: "x-private, close",
        "x-private": "1",
        "x-public": "2",
      });
      response.end("answer");
    });
    const answer = await agent.ask(`PATCH /ports/${port}/proxy/a%2Fb/../c?x=1&y=%20`, {
      body: "sent",
      headers: {
        host: "5173--x.preview.localhost",
        origin: "http://5173--x.preview.localhost",
        te: "trailers",
        connection: "x-mine, close",
        "x-mine": "1",
        "x-kept": "2",
        authorization: "Basic abc",
      },
    });
    expect(answer.status).toBe(207);
    expect(answer.body.toString()).toBe("answer");
    expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(answer.headers).toMatchObject({ "x-public": "2" });
    expect(answer.headers).not.toHaveProperty("x-private");
    const [{ request, body } = { request: undefined, body: "" }] = seen;
    expect(body).toBe("sent");
    expect(request).toMatchObject({ method: "PATCH", url: "/a%2Fb/../c?x=1&y=%20" });
    expect(request?.headers).toMatchObject({
      host: `localhost:${port}`,
      origin: `http://localhost:${port}`,
      "x-kept": "2",
      authorization: "Basic abc",
    });
    for (const name of ["te", "x-mine"]) expect(request?.headers).not.toHaveProperty(name);
  });

  it("[A29] streams both ways, and breaks off when the server does", async () => {
    let finish: () => void = () => undefined;
    const { port } = await serve((request, response) => {
      if (request.url === "/breaks") {
        response.writeHead(200, { "content-length": "100" });
        response.write("half", () => response.destroy());
        return;
      }
      response.write("first");
      finish = () => response.end("last");
    });
    const answer = await agent.open(`GET /ports/${port}/proxy/`);
    const pieces = answer[Symbol.asyncIterator]();
    expect(String((await pieces.next()).value)).toBe("first");
    finish();
    expect(String((await pieces.next()).value)).toBe("last");
    await expect(agent.ask(`GET /ports/${port}/proxy/breaks`)).rejects.toThrow();
    expect((await agent.ask("GET /health")).status).toBe(200);
  });

  it("[A29] answers a HEAD and an empty answer without a body", async () => {
    const { port } = await serve((request, response) => {
      response.writeHead(request.method === "HEAD" ? 200 : 204, { "x-method": request.method });
      response.end();
    });
    expect(await agent.ask(`HEAD /ports/${port}/proxy/`)).toMatchObject({
      status: 200,
      headers: { "x-method": "HEAD" },
    });
    expect((await agent.ask(`OPTIONS /ports/${port}/proxy/`)).status).toBe(204);
  });

  it("[A30] carries a WebSocket with its protocol, as one from localhost", async () => {
    const { server, port } = await serve(undefined, "::1");
    const sockets = new WebSocketServer({ server });
    const origins: unknown[] = [];
    sockets.on("connection", (socket, request) => {
      origins.push(request.headers.host, request.headers.origin, request.url);
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    const socket = agent.socketTo(`/ports/${port}/proxy/hmr?token=1`, {
      headers: { origin: "https://preview.example" },
      protocol: "vite-hmr",
    });
    const echoed = Promise.withResolvers<string>();
    socket.on("open", () => socket.send("hello"));
    socket.on("message", (data) => echoed.resolve(String(data)));
    socket.on("error", echoed.reject);
    expect(await echoed.promise).toBe("hello");
    expect(socket.protocol).toBe("vite-hmr");
    expect(origins).toEqual([`localhost:${port}`, `http://localhost:${port}`, "/hmr?token=1"]);
    socket.terminate();
    const refused = agent.socketTo("/ports/1/proxy/");
    const error = Promise.withResolvers<Error>();
    refused.on("error", error.resolve);
    expect((await error.promise).message).toContain("502");
  });
});

describe("the way out", () => {
  it("[A31] is a port inside whose bytes go to the host's socket, and half-closed ones too", async () => {
    const socketPath = join(agent.folder, "egress.sock");
    const host = createTcpServer({ allowHalfOpen: true }, (inner) => {
      inner.on("error", () => undefined);
      void text(inner).then((asked) => inner.end(`told: ${asked}`));
    }).listen(socketPath);
    await expect.poll(() => existsSync(socketPath)).toBe(true);
    const other = await Agent.start({ env: { ACOS_EGRESS_SOCKET: socketPath } });
    const outgoing = connect({ port: 3128, host: "127.0.0.1", allowHalfOpen: true });
    outgoing.end("CONNECT somewhere");
    expect(await text(outgoing)).toBe("told: CONNECT somewhere");
    const { body } = await other.json("GET /ports");
    expect(body.items.map(({ port }: { port: number }) => port)).not.toContain(3128);
    host.close();
    const refused = connect({ port: 3128, host: "127.0.0.1" });
    const closed = Promise.withResolvers<void>();
    refused.on("error", () => undefined);
    refused.on("close", closed.resolve);
    refused.resume();
    await closed.promise;
    expect((await other.ask("GET /health")).status).toBe(200);
    expect(outputIn(await other.frames("POST /procs", { command: "env" }))).not.toContain(
      socketPath,
    );
  });
});
