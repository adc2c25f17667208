// Secrets in requests on their way out: set where they belong, for nobody else, and never seen in the sandbox or a record.
import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer as createHttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createSocketServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  connect as connectTls,
  type ConnectionOptions,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import { promisify } from "node:util";

import { sandboxEgressSchema } from "@acos/protocol";
import { afterEach, describe, expect, it } from "vitest";

import { Authority } from "../src/egress/authority.ts";
import {
  denied,
  dial,
  endAll,
  listening,
  onEnd,
  openBench,
  openTunnel,
  rest,
  tell,
  until,
  type Bench,
  type World,
} from "./egress-bench.ts";

afterEach(endAll);

const VALUE = "canary-7f3a+/9~Zq secret";
const HOST = "api.a.com";
const RULE = { host: HOST, header: "Authorization", value: "Bearer {{secret:desk}}" };
const POLICY = { hosts: [HOST, "b.com", "[2606:4700::1]"], secrets: [RULE] };
const SECRETS = { desk: { value: VALUE, hosts: [HOST] } };

/** What an upstream server was asked. */
interface Seen {
  readonly url: string;
  readonly headers: readonly string[];
  readonly alpn: unknown;
}

const upstreamAuthority = await Authority.make(Date.now());

async function present(
  name: string,
  done: (error: null, context: SecureContext) => void,
): Promise<void> {
  done(null, await upstreamAuthority.contextFor(name, Date.now()));
}

/** A TLS server with certificates for whatever name it is asked for, and what it saw. */
async function tlsServer(certificateFor = (name: string) => name) {
  const seen: Seen[] = [];
  const server = createTlsServer({
    ALPNProtocols: ["h2", "http/1.1"],
    SNICallback(name, done) {
      void present(certificateFor(name), done);
    },
  });
  server.on("request", (request, response) => {
    seen.push({
      url: request.url ?? "",
      headers: request.rawHeaders,
      alpn: (request.socket as TLSSocket).alpnProtocol,
    });
    request.resume();
    response.end(`asked for ${request.url}`);
  });
  server.on("upgrade", (request: IncomingMessage, socket: Socket) => {
    seen.push({ url: request.url ?? "", headers: request.rawHeaders, alpn: "upgrade" });
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    );
    socket.on("error", () => undefined).pipe(socket);
  });
  server.on("tlsClientError", () => undefined);
  return { seen, to: await listening(server) };
}

async function bench(world: World = {}) {
  const upstream = await tlsServer();
  const opened = await openBench({
    policy: POLICY,
    secrets: SECRETS,
    to: upstream.to,
    authorities: [upstreamAuthority.caPem],
    ...world,
  });
  return { ...opened, seen: upstream.seen };
}

/** TLS through a tunnel, as a program in the sandbox speaks it. */
async function secured(
  to: Bench,
  target: string,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = await openTunnel(to, target);
  const secure = connectTls({
    socket,
    servername: target.replace(/:\d+$/, ""),
    ca: [to.door.caPem ?? ""],
    ALPNProtocols: ["http/1.1"],
    ...options,
  });
  await new Promise<void>((resolve, reject) =>
    secure
      .once("secureConnect", resolve)
      .once("error", reject)
      .once("close", () => reject(new Error("closed"))),
  );
  return secure;
}

const request = (path = "/", more = "") =>
  `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n${more}Connection: close\r\n\r\n`;

async function ask(to: Bench, bytes = request()): Promise<string> {
  const secure = await secured(to, `${HOST}:443`);
  secure.write(bytes);
  return rest(secure);
}

const headerOf = ({ headers }: Seen, name: string) =>
  headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === name);

describe("a secret", () => {
  it("[E10] is set in a request over TLS, in place of what the sandbox sent", async () => {
    const made = await bench();
    const own = "authorization: Bearer forged\r\nAUTHORIZATION: x\r\nConnection: Authorization\r\n";
    const answer = await ask(
      made,
      request("/v1?q", own.replace("Connection: Authorization\r\n", "")),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*asked for \/v1\?q$/);
    expect(made.seen).toHaveLength(1);
    expect(headerOf(made.seen[0]!, "authorization")).toEqual([`Bearer ${VALUE}`]);
    expect(made.revealed).toEqual(["desk"]);
  });

  it("[E10] is set though the sandbox names its header as one of the connection", async () => {
    const made = await bench();
    await ask(made, request("/", "Connection: authorization\r\n"));
    expect(headerOf(made.seen[0]!, "authorization")).toEqual([`Bearer ${VALUE}`]);
  });

  it("[E10] is set in plain requests, by URL and in a tunnel", async () => {
    const seen: string[][] = [];
    const to = await listening(
      createHttpServer((asked, response) => {
        seen.push(asked.rawHeaders);
        response.end("yes");
      }),
    );
    const made = await bench({ to });
    await tell(made, `GET http://${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
    const tunnel = await openTunnel(made, `${HOST}:80`);
    tunnel.write(request());
    expect(await rest(tunnel)).toContain("yes");
    expect(seen).toHaveLength(2);
    for (const headers of seen) expect(headers).toContain(`Bearer ${VALUE}`);
  });

  it("[E10] is set in the request for a WebSocket", async () => {
    const made = await bench();
    const secure = await secured(made, `${HOST}:443`);
    secure.write(request("/ws").replace("close", "Upgrade\r\nUpgrade: websocket"));
    expect(await until(secure, "\r\n\r\n")).toContain(" 101 ");
    secure.write("ping");
    expect(await until(secure, "ping")).toBe("ping");
    secure.destroy();
    expect(headerOf(made.seen[0]!, "authorization")).toEqual([`Bearer ${VALUE}`]);
  });

  it("[E10] is set in every request of a connection, over one connection to the other side", async () => {
    const made = await bench();
    const secure = await secured(made, `${HOST}:443`);
    for (const path of ["/1", "/2", "/3"]) {
      secure.write(request(path).replace("Connection: close\r\n", ""));
      await until(secure, `asked for ${path}`);
    }
    secure.destroy();
    expect(made.seen.map((one) => headerOf(one, "authorization")[0])).toEqual(
      Array(3).fill(`Bearer ${VALUE}`),
    );
    expect([made.connected.length, made.revealed.length]).toEqual([1, 1]);
  });

  it("[E10] goes to no host that it is not kept for, whatever the policy says, nor to another port", async () => {
    for (const hosts of [["b.com"], [`${HOST}:8443`], [`x.${HOST}`], []]) {
      const made = await bench({ secrets: { desk: { value: VALUE, hosts } } });
      expect(await ask(made)).toMatch(
        /^HTTP\/1\.1 403 [^]*"desk" may not be sent to api\.a\.com port 443/,
      );
      expect(made.seen).toEqual([]);
      expect(denied(made.entries)).toMatchObject([
        { host: HOST, why: "the secret desk is not for this host" },
      ]);
    }
    const policy = { hosts: [`${HOST}:8443`], secrets: [{ ...RULE, host: `${HOST}:8443` }] };
    const made = await bench({ policy });
    const secure = await secured(made, `${HOST}:8443`);
    secure.write(request().replace(HOST, `${HOST}:8443`));
    expect(await rest(secure)).toContain(" 403 ");
    expect(made.seen).toEqual([]);
  });

  it("[E10] that is not there, or cannot be asked for, stops the request", async () => {
    const gone = await bench({ secrets: {} });
    expect(await ask(gone)).toMatch(
      /^HTTP\/1\.1 403 [^]*"desk" is not there, or not for this group/,
    );
    expect(gone.seen).toEqual([]);
  });

  it("[E10] is for the policy's host alone: others get nothing and are not looked into", async () => {
    const made = await bench();
    const socket = await openTunnel(made, "b.com:443");
    const secure = connectTls({
      socket,
      servername: "b.com",
      ca: [upstreamAuthority.caPem],
      ALPNProtocols: ["h2", "http/1.1"],
    });
    await new Promise<void>((resolve, reject) =>
      secure.once("secureConnect", resolve).once("error", reject),
    );
    expect([secure.authorized, secure.alpnProtocol]).toEqual([true, "h2"]);
    secure.destroy();
    expect(made.revealed).toEqual([]);
  });

  it.each([
    ["frames the request", "Content-Length", "5"],
    ["says where it goes", "host", "evil.example"],
    ["splits", "X-A", "a\r\nX-B: {{secret:desk}}"],
    ["is not ASCII", "X-A", "é {{secret:desk}}"],
  ])("[E10] in a header that %s is not sent", async (_what, header, value) => {
    const made = await bench({ policy: { ...POLICY, secrets: [{ ...RULE, header, value }] } });
    expect(await ask(made)).toMatch(/^HTTP\/1\.1 403 /);
    expect(made.seen).toEqual([]);
  });

  it("[E10] that is set by a policy of now is set from now on, and connections made before are cut", async () => {
    const made = await bench({ policy: { hosts: [HOST] } });
    const untouched = await openTunnel(made, `${HOST}:443`);
    made.door.setPolicy(sandboxEgressSchema.parse(POLICY));
    expect(await rest(untouched)).toBe("");
    await ask(made);
    expect(headerOf(made.seen[0]!, "authorization")).toEqual([`Bearer ${VALUE}`]);
    made.door.setPolicy(sandboxEgressSchema.parse({ hosts: ["b.com"], secrets: [RULE] }));
    await expect(ask(made)).rejects.toThrow(" 403 ");
  });

  it("[E15] that is set no more makes the tunnel end that was read for it", async () => {
    const made = await bench();
    const secure = await secured(made, `${HOST}:443`);
    secure.write(request("/1").replace("Connection: close\r\n", ""));
    await until(secure, "asked for /1");
    made.door.setPolicy(sandboxEgressSchema.parse({ hosts: [HOST] }));
    secure.write(request("/2"));
    expect(await rest(secure)).toMatch(/^(?:HTTP\/1\.1 503 |$)/);
    const untouched = connectTls({
      socket: await openTunnel(made, `${HOST}:443`),
      servername: HOST,
      ca: [upstreamAuthority.caPem],
    });
    await new Promise<void>((resolve, reject) =>
      untouched.once("secureConnect", resolve).once("error", reject),
    );
    untouched.destroy();
    expect(made.seen).toHaveLength(1);
  });
});

describe("TLS that ends at the door", () => {
  it("[E11] shows a certificate for the host alone, by an authority that is made at start", async () => {
    const made = await bench();
    const secure = await secured(made, `${HOST}:443`, { ALPNProtocols: ["h2", "http/1.1"] });
    const { raw } = secure.getPeerCertificate();
    expect(new X509Certificate(raw).subjectAltName).toBe(`DNS:${HOST}`);
    expect(new X509Certificate(made.door.caPem ?? "").ca).toBe(true);
    expect(secure.alpnProtocol).toBe("http/1.1");
    secure.destroy();
    const other = await Authority.make(Date.now());
    expect(other.caPem).not.toBe(made.door.caPem);
    const address = connectTls({
      socket: await openTunnel(made, `${HOST}:443`),
      servername: HOST,
      ca: [other.caPem],
    });
    await expect(new Promise((_, reject) => address.once("error", reject))).rejects.toThrow();
  });

  it("[E11] is for clients that speak HTTP/1.1", async () => {
    const made = await bench();
    await expect(secured(made, `${HOST}:443`, { ALPNProtocols: ["h2"] })).rejects.toThrow();
    expect(made.seen).toEqual([]);
  });

  it.each([["b.com"], ["evil.example"], ["x.api.a.com"], [""]])(
    "[E11] is for the host of CONNECT alone, not for %j",
    async (servername) => {
      const made = await bench();
      await expect(secured(made, `${HOST}:443`, { servername })).rejects.toThrow();
      expect([made.seen, made.revealed]).toEqual([[], []]);
      expect(denied(made.entries)).toMatchObject([
        { why: expect.stringContaining("TLS asks for another host") },
      ]);
    },
  );

  it("[E11] sends nothing to a server whose certificate is another's, or nobody's", async () => {
    const wrong = await tlsServer(() => "evil.example");
    const made = await bench({ to: wrong.to });
    expect(await ask(made)).toMatch(
      /^HTTP\/1\.1 502 [^]*its certificate or its TLS is not what it should be/,
    );
    const untrusted = await bench({ authorities: [(await Authority.make(Date.now())).caPem] });
    expect(await ask(untrusted)).toMatch(/^HTTP\/1\.1 502 /);
    expect([wrong.seen, untrusted.seen]).toEqual([[], []]);
    expect(denied(untrusted.entries)).toMatchObject([
      { host: HOST, why: expect.stringMatching(/^TLS: /) },
    ]);
  });

  it.each([
    ["another Host", request().replace(HOST, "b.com")],
    ["another URL", request("http://b.com/")],
    ["a URL of its own host", request(`https://${HOST}/`)],
    ["CONNECT", `CONNECT b.com:443 HTTP/1.1\r\nHost: b.com:443\r\n\r\n`],
    ["two lengths", request("/", "Content-Length: 1\r\nContent-Length: 2\r\n")],
    ["both framings", request("/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")],
    ["bare line feeds", request().replaceAll("\r\n", "\n")],
    ["TRACE, which would send the secret back", request().replace("GET", "TRACE")],
    ["TRACK", request().replace("GET", "TRACK")],
  ])("[E7] [E12] takes no %s inside either", async (_what, bytes) => {
    const made = await bench();
    expect(await ask(made, bytes)).toMatch(/^HTTP\/1\.1 400 /);
    expect(made.seen).toEqual([]);
  });

  it("[E11] keeps its certificates, and makes new ones before they end", async () => {
    const authority = await Authority.make(0);
    const day = 86_400_000;
    const first = await authority.contextFor(HOST, 0);
    expect(await authority.contextFor(HOST, 5 * day)).toBe(first);
    expect(await authority.contextFor(HOST, 6.5 * day)).not.toBe(first);
    expect(await authority.contextFor("b.com", 0)).not.toBe(first);
  });
});

describe("a secret's value", () => {
  const ENCODINGS = [
    VALUE,
    Buffer.from(VALUE).toString("base64"),
    Buffer.from(VALUE).toString("base64url"),
    Buffer.from(VALUE).toString("hex"),
    Buffer.from(VALUE).toString("hex").toUpperCase(),
    encodeURIComponent(VALUE),
    encodeURIComponent(VALUE).toLowerCase(),
    JSON.stringify([...Buffer.from(VALUE)]),
    Buffer.from(VALUE).reverse().toString(),
    // Inside a longer text base64 has two more faces.
    Buffer.from(`x${VALUE}`).toString("base64").slice(4, -4),
    Buffer.from(`xx${VALUE}`).toString("base64").slice(4, -4),
  ];
  const find = (text: string) => ENCODINGS.filter((encoded) => text.includes(encoded));

  it("[E12] is in no record, no refusal, no failure and no answer of ours, in any encoding", async () => {
    const logged: unknown[] = [];
    const { error, warn, log } = console;
    Object.assign(console, {
      error: (...said: unknown[]) => logged.push(said),
      warn: (...said: unknown[]) => logged.push(said),
      log: (...said: unknown[]) => logged.push(said),
    });
    onEnd(() => Object.assign(console, { error, warn, log }));
    const told: string[] = [];
    const worlds: World[] = [
      {},
      { to: 1 },
      { authorities: [] },
      { names: { [HOST]: [["127.0.0.1"]] } },
      { secrets: { desk: { value: VALUE, hosts: ["b.com"] } } },
      { secrets: { desk: { value: `${VALUE}\n`, hosts: [HOST] } } },
      { policy: { ...POLICY, secrets: [{ ...RULE, value: "\0{{secret:desk}}" }] } },
      { policy: { ...POLICY, secrets: [{ ...RULE, header: "host", value: "{{secret:desk}}" }] } },
    ];
    for (const world of worlds) {
      const made = await bench(world);
      for (const bytes of [request(), request().replace("GET", "TRACE"), request("/", "X: \0\r\n")])
        told.push(await ask(made, bytes).catch(String));
      told.push(
        await tell(
          made,
          `GET http://${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`,
        ),
      );
      told.push(JSON.stringify(made.entries), made.door.caPem ?? "");
    }
    expect(find(JSON.stringify([told, logged]))).toEqual([]);
    expect(find(`Bearer ${VALUE}`)).not.toEqual([]);
    expect(told.join("")).toContain("asked for");
  });

  it("[E12] that cannot be asked for leaves nothing of the failure behind", async () => {
    const made = await bench({
      secrets: new Proxy(
        {},
        {
          get: () => {
            throw new Error(VALUE);
          },
        },
      ),
    });
    const answer = await ask(made);
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(find(answer + JSON.stringify(made.entries))).toEqual([]);
  });
});

describe("a program that knows nothing of all this", () => {
  it(
    "[E11] gets its answers with the proxy's variables and the authority set",
    { timeout: 60_000 },
    async () => {
      const made = await bench();
      const folder = mkdtempSync(join(tmpdir(), "acos-egress-"));
      onEnd(() => rmSync(folder, { recursive: true, force: true }));
      const ca = join(folder, "ca.pem");
      writeFileSync(ca, `${made.door.caPem}${upstreamAuthority.caPem}`);
      const pipe = createSocketServer({ allowHalfOpen: true }, (socket) => {
        void dial(made).then((door) =>
          socket
            .on("error", () => door.destroy())
            .pipe(door)
            .on("error", () => socket.destroy())
            .pipe(socket),
        );
      });
      const proxy = `http://127.0.0.1:${await listening(pipe)}`;
      const script = `
      for (const url of ["https://${HOST}/with", "https://b.com/without", "https://evil.example/"])
        console.log(await fetch(url).then((answer) => answer.text(), (error) => "failed " + error.cause?.message));`;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["--input-type=module", "-e", script],
        {
          env: {
            NODE_USE_ENV_PROXY: "1",
            HTTP_PROXY: proxy,
            HTTPS_PROXY: proxy,
            NODE_EXTRA_CA_CERTS: ca,
          },
        },
      );
      expect(stdout.split("\n").slice(0, 3)).toEqual([
        "asked for /with",
        "asked for /without",
        expect.stringMatching(/^failed /),
      ]);
      expect(made.seen.map((one) => headerOf(one, "authorization"))).toEqual([
        [`Bearer ${VALUE}`],
        [],
      ]);
    },
  );
});
