// Runs the real host as a child and asks it as a group does: certificates of a test authority, signed requests.
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import {
  EPOCH_HEADER,
  makeId,
  type GroupId,
  type MemberId,
  type OrgId,
  type RunId,
  type SandboxCapabilities,
  type SandboxId,
  type SandboxLimits,
  type SandboxOpened,
  type SandboxStatus,
} from "@acos/protocol";
import {
  generateKeyPair,
  importSigningKey,
  publicJwks,
  sandboxTarget,
  signRequest,
  signSessionCertificate,
  type KeyPair,
  type PublicJwk,
  type SigningKey,
} from "@acos/trust";
import { expect } from "vitest";

import { writeStubAgent } from "./stub-agent.ts";

const MAIN = resolve(import.meta.dirname, "../src/main.ts");
const READY_MS = 30_000;
export const LIMITS: SandboxLimits = { memoryMiB: 512, cpu: 2, pids: 128, diskMiB: 64 };
export const NO_EGRESS = { hosts: [], registries: false, secrets: [] };

export const newId = <K extends Parameters<typeof makeId>[0]>(kind: K) =>
  makeId(kind, Date.now(), randomBytes(10));

export interface Group {
  readonly org: OrgId;
  readonly group: GroupId;
  readonly key: SigningKey;
  readonly publicJwk: PublicJwk;
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly search?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly actor?: MemberId;
  readonly run?: RunId;
  readonly certificateEpoch?: number;
  readonly maxSandboxes?: number;
  readonly secret?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  json(): unknown;
}

export interface Executed {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
  /** The stream ended with an exit. */
  readonly ended: boolean;
}

export interface RunningHost {
  readonly child: ChildProcess;
  readonly port: number;
  readonly capabilities: SandboxCapabilities;
  stderr(): string;
  readonly exit: Promise<number | null>;
}

/** A test's own authority, folder and hosts; `end` takes everything away. */
export async function makeHostBench() {
  const folder = mkdtempSync(join(tmpdir(), "acos-sandbox-host-"));
  const agent = writeStubAgent(join(folder, "agent"));
  const authority = await generateKeyPair();
  const known: KeyPair[] = [authority];
  const jwks = createServer((_asked, answer) => {
    void publicJwks(known.map(({ privateJwk }) => privateJwk)).then((document) =>
      answer.end(JSON.stringify(document)),
    );
  });
  await new Promise<void>((done) => jwks.listen(0, "127.0.0.1", () => done()));
  const jwksUrl = `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/jwks.json`;
  const secret = randomUUID();
  const hosts: RunningHost[] = [];
  let signer = authority;

  const start = async (over: object = {}, env: Record<string, string> = {}, uid?: number) => {
    if (uid !== undefined) {
      chmodSync(folder, 0o755);
      mkdirSync(join(folder, "sandboxes"), { recursive: true });
      chownSync(join(folder, "sandboxes"), uid, uid);
    }
    const host = await startHost(
      {
        port: 0,
        secret,
        folder: join(folder, "sandboxes"),
        agent,
        jwks: jwksUrl,
        reveal: null,
        allow: "",
        pool: 0,
        maxRunning: 8,
        ...over,
      },
      env,
      uid,
    );
    hosts.push(host);
    return host;
  };

  const makeGroup = async (): Promise<Group> => {
    const pair = await generateKeyPair();
    const key = await importSigningKey(pair.privateJwk);
    return { org: newId("org"), group: newId("group"), key, publicJwk: pair.publicJwk };
  };

  const headersFor = async (group: Group, sandbox: SandboxId, ask: Ask): Promise<Signed> =>
    signedAsk(await importSigningKey(signer.privateJwk), { secret, group, sandbox, ask });

  return {
    folder,
    jwksUrl,
    secret,
    start,
    makeGroup,
    headersFor,
    /** The authority signs with a new key, which the document names from now on. */
    async rotate() {
      signer = await generateKeyPair();
      known.unshift(signer);
    },
    async ask(host: RunningHost, group: Group, sandbox: SandboxId, ask: Ask = {}): Promise<Answer> {
      const signed = await headersFor(group, sandbox, ask);
      return send(host.port, signed);
    },
    async end() {
      for (const { child } of hosts) child.kill("SIGKILL");
      await Promise.all(hosts.map(({ exit }) => exit));
      jwks.close();
      // What a host was deleting in the background may be gone under our hands.
      const until = performance.now() + READY_MS;
      while (existsSync(folder) && performance.now() < until) {
        rmSync(folder, { recursive: true, force: true });
        await new Promise((done) => setImmediate(done));
      }
    },
  };
}
export type HostBench = Awaited<ReturnType<typeof makeHostBench>>;

interface AskOf {
  readonly secret: string;
  readonly group: Group;
  readonly sandbox: SandboxId;
  readonly ask: Ask;
}

async function signedAsk(
  authority: SigningKey,
  { secret, group, sandbox, ask }: AskOf,
): Promise<Signed> {
  const { method = "GET", path = "", search = "", actor = null, body = "" } = ask;
  const url = sandboxTarget(sandbox, path, { search, actor });
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const nowMs = Date.now();
  const caps = ask.maxSandboxes === undefined ? {} : { maxSandboxes: ask.maxSandboxes };
  const certificate = await signSessionCertificate(
    {
      audience: "acos:sandbox-host",
      org: group.org,
      group: group.group,
      publicJwk: group.publicJwk,
      epoch: ask.certificateEpoch ?? 1,
      caps,
    },
    authority,
    nowMs,
  );
  const headers = { "content-type": "application/octet-stream", ...ask.headers };
  const nonce = randomBytes(16);
  const run = ask.run ?? null;
  const proof = await signRequest(
    { method, url, headers: new Headers(headers), body: bytes },
    { ...group.key, certificate, run, nonce, nowMs },
  );
  const inner = { "acos-inner-secret": ask.secret ?? secret };
  return { url: new URL(url), headers: { ...headers, ...proof, ...inner }, method, bytes };
}

async function startHost(
  config: object,
  env: Record<string, string>,
  uid?: number,
): Promise<RunningHost> {
  // What a careless parent leaves open: no sandbox may find it.
  const user =
    uid === undefined ? [] : ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  const careless = ["-c", 'exec 200< "$0"; exec "$@"', MAIN, ...user, process.execPath];
  const child = spawn("/bin/bash", [...careless, "--no-warnings", MAIN], {
    env: { ...process.env, ...env, ACOS_SANDBOX_HOST: JSON.stringify(config) },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (err += bytes.toString()));
  const exit = new Promise<number | null>((done) => child.once("exit", (code) => done(code)));
  const until = performance.now() + READY_MS;
  while (!out.includes("\n") && child.exitCode === null && performance.now() < until)
    await new Promise((done) => setTimeout(done, 10));
  const ready = /^ready (.*)$/m.exec(out)?.[1];
  const port = Number(/"port":(\d+)/.exec(err)?.[1] ?? 0);
  const capabilities = JSON.parse(ready ?? "null") as SandboxCapabilities;
  return { child, port, capabilities, stderr: () => err, exit };
}

interface Signed {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

export function send(port: number, { url, method, headers, bytes }: Signed): Promise<Answer> {
  return new Promise((done, fail) => {
    const path = `${url.pathname}${url.search}`;
    const asked = request({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.once("error", fail);
      answer.once("close", () => {
        const text = Buffer.concat(parts).toString();
        const status = answer.statusCode ?? 0;
        done({ status, headers: answer.headers, text, json: () => JSON.parse(text) as unknown });
      });
    });
    asked.once("error", fail);
    asked.end(bytes.length > 0 ? bytes : undefined);
  });
}

/** Asks for an upgrade; answers the socket and the status line's number. */
export function upgrade(
  port: number,
  { url, headers }: Signed,
): Promise<{ readonly status: number; readonly socket: Duplex | null; readonly text: string }> {
  return new Promise((done, fail) => {
    const asked = request({
      host: "127.0.0.1",
      port,
      path: `${url.pathname}${url.search}`,
      headers: { ...headers, connection: "upgrade", upgrade: "websocket" },
    });
    asked.once("upgrade", (_answer, socket) => done({ status: 101, socket, text: "" }));
    asked.once("response", (answer) => {
      let text = "";
      answer.on("data", (part: Buffer) => (text += part.toString()));
      answer.once("end", () => done({ status: answer.statusCode ?? 0, socket: null, text }));
    });
    asked.once("error", fail);
    asked.end();
  });
}

/** One sandbox of one group, ready to be used in a test. */
export function makeSandbox(bench: HostBench, host: RunningHost, group: Group) {
  const sandbox = newId("sandbox");
  let epoch = "";
  const self = {
    sandbox,
    epoch: () => epoch,
    ask: (ask: Ask) => bench.ask(host, group, sandbox, ask),
    agent: (ask: Ask) =>
      self.ask({
        ...ask,
        path: `/agent${ask.path ?? ""}`,
        headers: { [EPOCH_HEADER]: epoch, ...ask.headers },
      }),
    async open(limits: Partial<SandboxLimits> = {}, ask: Ask = {}): Promise<SandboxOpened> {
      const body = JSON.stringify({ limits: { ...LIMITS, ...limits }, egress: NO_EGRESS });
      const answer = await self.ask({ ...ask, method: "PUT", body });
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
      const opened = answer.json() as SandboxOpened;
      epoch = opened.epoch;
      return opened;
    },
    async status(): Promise<SandboxStatus> {
      return (await self.ask({})).json() as SandboxStatus;
    },
    async run(command: string, ask: Ask = {}): Promise<Executed> {
      const body = JSON.stringify({ command });
      const answer = await self.agent({ ...ask, method: "POST", path: "/procs", body });
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
      return executed(answer.text);
    },
  };
  return self;
}
export type TestSandbox = ReturnType<typeof makeSandbox>;

function executed(text: string): Executed {
  const frames = text
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const of = (t: string) =>
    Buffer.concat(
      frames
        .filter((frame) => frame["t"] === t)
        .map(({ b64 }) => Buffer.from(String(b64), "base64")),
    ).toString();
  const exit = frames.find(({ t }) => t === "exit");
  const code = typeof exit?.["code"] === "number" ? exit["code"] : null;
  const signal = typeof exit?.["signal"] === "string" ? exit["signal"] : null;
  return { code, signal, out: of("out"), err: of("err"), ended: exit !== undefined };
}

export const code = (answer: Answer): string => (answer.json() as { code: string }).code;

export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(condition, { timeout: 15_000, interval: 50 }).toBe(true);
}
