// A Sandbox Host as the launcher starts it: a process of its own that is told everything in one variable and says `ready`.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { sandboxCapabilitiesSchema, type SandboxCapabilities } from "@acos/protocol";
import { TestAuthority } from "@acos/testkit";
import { build } from "esbuild";

import { freePort, REPOSITORY } from "../../product.ts";
import { overHttp, serveJwks } from "./http-place.ts";
import type { Place } from "./target.ts";

/** Whether a missing host is a failure and not only an absence: the one place that says so. */
const HOST_IS_EXPECTED = true;

const HOST_PROGRAM = join(REPOSITORY, "hosts/sandbox-host/src/main.ts");
const AGENT_SOURCE = join(REPOSITORY, "hosts/sandbox-host/src/agent/main.ts");
const AGENT_PROGRAM = join(REPOSITORY, "dist/sandbox-agent/agent.js");
/** The self-test of the host takes under a second; a busy machine needs more. */
const READY_MAX_MS = 60_000;
const STOP_MAX_MS = 15_000;
const OUTPUT_KEPT_CHARS = 8_000;

/** Whether there is a host to start; where one is expected there always is, and its start fails instead. */
export const hostIsThere = (): boolean => HOST_IS_EXPECTED || existsSync(HOST_PROGRAM);

export interface HostProcess extends Place {
  readonly pid: number;
  readonly folder: string;
  readonly capabilities: SandboxCapabilities;
  /** The end of what it wrote to standard error. */
  stderr(): string;
  /** Kills the host alone with -9; its workspaces stay. */
  kill9(): Promise<void>;
}

const running = new Set<number>();
const folders = new Set<string>();
process.once("exit", () => {
  for (const pid of running) killQuietly(pid);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/**
 * Starts a host on a folder of its own, with an authority of its own. Throws with the end of its output when it does not
 * come up. `folder` goes on with what an earlier one left.
 */
export async function startHost(
  options: {
    readonly pool?: number;
    readonly maxRunning?: number;
    readonly folder?: string;
    readonly authority?: TestAuthority;
  } = {},
): Promise<HostProcess> {
  await bundleAgent();
  const authority = options.authority ?? (await TestAuthority.create());
  const jwks = await serveJwks(authority);
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "acos-conformance-"));
  if (options.folder === undefined) folders.add(folder);
  const [port, secret] = [await freePort(), randomUUID()];
  const settings = {
    port,
    secret,
    folder,
    agent: AGENT_PROGRAM,
    jwks: jwks.url,
    reveal: null,
    allow: "",
    pool: options.pool ?? 1,
    maxRunning: options.maxRunning ?? 32,
  };
  const host = spawnHost(JSON.stringify(settings));
  const end = async (how: "SIGTERM" | "SIGKILL") => {
    await Promise.all([host.end(how), jwks.stop()]);
  };
  const forget = () => {
    if (options.folder !== undefined) return;
    rmSync(folder, { recursive: true, force: true });
    folders.delete(folder);
  };
  const capabilities = await Promise.race([
    host.ready,
    host.exited.then(() => "ended" as const),
    within(new Promise<never>(() => undefined), READY_MAX_MS),
  ]);
  if (typeof capabilities === "string") {
    await end("SIGKILL");
    forget();
    const words = `The Sandbox Host did not come up (${capabilities}). It wrote:`;
    throw new Error(`${words}\n${host.stderr()}`);
  }
  return {
    ...overHttp(`http://127.0.0.1:${port}`, { "acos-inner-secret": secret }),
    authority,
    pid: host.pid,
    folder,
    capabilities,
    stderr: host.stderr,
    kill9: () => end("SIGKILL"),
    stop: () => end("SIGTERM").then(forget),
  };
}

interface SpawnedHost {
  readonly pid: number;
  readonly ready: Promise<SandboxCapabilities>;
  readonly exited: Promise<void>;
  stderr(): string;
  end(how: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** The process alone; its standard input stays open as long as this process lives. */
function spawnHost(settings: string): SpawnedHost {
  const child = spawn(process.execPath, [HOST_PROGRAM], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ACOS_SANDBOX_HOST: settings },
  });
  const pid = child.pid ?? 0;
  running.add(pid);
  let [said, told] = ["", ""];
  child.stderr.on("data", (data) => (said = `${said}${data}`.slice(-OUTPUT_KEPT_CHARS)));
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => {
      running.delete(pid);
      resolve();
    });
  });
  const ready = new Promise<SandboxCapabilities>((resolve) => {
    child.stdout.on("data", (data) => {
      told = `${told}${data}`.slice(-OUTPUT_KEPT_CHARS);
      const found = /^ready (\{.*\})$/m.exec(told);
      if (found) resolve(sandboxCapabilitiesSchema.parse(JSON.parse(found[1] ?? "")));
    });
  });
  const end = async (how: "SIGTERM" | "SIGKILL") => {
    child.kill(how);
    if ((await within(exited, STOP_MAX_MS)) === "late") child.kill("SIGKILL");
    await exited;
  };
  return { pid, ready, exited, stderr: () => said, end };
}

/**
 * `npm test` builds the agent before anything else; who runs a file alone gets it from here. Terminals are a native module,
 * which lies beside the bundle.
 */
async function bundleAgent(): Promise<void> {
  if (existsSync(AGENT_PROGRAM)) return;
  await build({
    entryPoints: [AGENT_SOURCE],
    outfile: AGENT_PROGRAM,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    external: ["@lydell/node-pty", "@lydell/node-pty-*"],
  });
  const terminals = "node_modules/@lydell";
  const beside = join(dirname(AGENT_PROGRAM), terminals);
  cpSync(join(REPOSITORY, terminals), beside, { recursive: true, dereference: true });
}

function within<T>(done: Promise<T>, ms: number): Promise<T | "late"> {
  return Promise.race([
    done,
    new Promise<"late">((resolve) => setTimeout(resolve, ms, "late").unref()),
  ]);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
