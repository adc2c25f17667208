// The whole product as tests run it: the real launcher on a data folder of the test's own, on loopback only.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { processTree, stillRunning, type ProcessMark } from "./processes.ts";

export const REPOSITORY = resolve(import.meta.dirname, "..");
/** A first start builds the Workers and the web app on a machine that may be busy with other suites. */
const READY_TIMEOUT_MS = 120_000;
/** The launcher drains for at most 5 s; the rest is for a busy machine. */
const STOP_TIMEOUT_MS = 15_000;
/** The kernel ends children at once; a busy machine needs a moment to show it. */
const VANISH_TIMEOUT_MS = 10_000;
const POLL_MS = 10;

export interface ProductOptions {
  /** Folder that holds everything that lasts; left out: a new one below the system's temporary folder. */
  readonly data?: string;
  /** Left out: any free port. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Product {
  readonly url: string;
  readonly port: number;
  readonly data: string;
  readonly pid: number;
  /** Ends with the launcher's exit code, or null when a signal ended it. */
  readonly exited: Promise<number | null>;
  hasExited(): boolean;
  /** Everything it has written to standard error so far. */
  stderr(): string;
  /** The launcher and all that it started, as they are now. */
  processes(): ProcessMark[];
  /** Asks it to stop (SIGTERM), waits until it and its processes are gone and answers the exit code. */
  stop(): Promise<number | null>;
  /** Kills the launcher alone with -9 and waits until none of its processes is left. Throws when one outlives it. */
  kill9(): Promise<void>;
}

const started = new Set<number>();
const made = new Set<string>();
process.once("exit", () => {
  for (const pid of started) killQuietly(pid, "SIGKILL");
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/**
 * Starts the product and waits for its `ready` line. Throws with its output when it ends or stays silent.
 * The environment is this process's without names that would change what the product does; ACOS_TEST_BUNDLES names a
 * folder of Workers built elsewhere.
 */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const data = options.data ?? newFolder();
  const port = options.port ?? (await freePort());
  const launcher = launch(upArguments({ ...options, data, port }), options);
  const url = await launcher.ready;
  const pid = launcher.child.pid ?? 0;
  return {
    url,
    port: Number(new URL(url).port),
    data,
    pid,
    exited: launcher.exited,
    hasExited: () => launcher.child.exitCode !== null || launcher.child.signalCode !== null,
    stderr: launcher.stderr,
    processes: () => processTree(pid),
    stop: () => end(launcher, "SIGTERM"),
    kill9: async () => void (await end(launcher, "SIGKILL")),
  };
}

/**
 * Ports that no system hands out by itself, and that no other product takes for its inner connections: while a product
 * restarts, its port stays free.
 */
const PORTS = { lowest: 10_000, count: 10_000 } as const;

/** A port that is free now, and that nobody's outgoing connection takes. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.lowest + Math.floor(Math.random() * PORTS.count);
    const free = Promise.withResolvers<boolean>();
    const server = createServer();
    server.once("error", () => free.resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => free.resolve(true)));
    if (await free.promise) return port;
  }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "acos-test-"));
  made.add(folder);
  return folder;
}

/** Runs the launcher's program with any arguments until it ends; for starts that are meant to be refused. */
export async function runLauncher(
  args: readonly string[],
  options: ProductOptions = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const launcher = launch(args, options);
  // It is expected to end without serving.
  launcher.ready.catch(() => undefined);
  const code = await within(launcher.exited, READY_TIMEOUT_MS, `"acos ${args.join(" ")}" to end`);
  return { code, stdout: launcher.stdout(), stderr: launcher.stderr() };
}

/** Starts the product and kills it with -9 after a while, served or not; waits until none of its processes is left. */
export async function startAndKill9(options: ProductOptions, afterMs: number): Promise<void> {
  const launcher = launch(upArguments(options), options);
  // It is not expected to serve.
  launcher.ready.catch(() => undefined);
  await new Promise((wake) => setTimeout(wake, afterMs));
  await end(launcher, "SIGKILL");
}

const upArguments = (options: ProductOptions) => [
  "up",
  "--port",
  String(options.port ?? 0),
  ...(options.data === undefined ? [] : ["--data", options.data]),
];

/** Ends the launcher by a signal and waits for all that it started. Throws when something outlives it. */
async function end(
  { child, exited }: ReturnType<typeof launch>,
  signal: "SIGTERM" | "SIGKILL",
): Promise<number | null> {
  const pid = child.pid ?? 0;
  const marks = processTree(pid);
  killQuietly(pid, signal);
  const code = await within(exited, STOP_TIMEOUT_MS, `the launcher to end by ${signal}`);
  await vanished(marks, signal);
  return code;
}

function launch(args: readonly string[], options: ProductOptions) {
  const program = join(REPOSITORY, "hosts/local/src/acos.ts");
  const child = spawn(nodeProgram(), [program, ...args], {
    cwd: REPOSITORY,
    env: environment(options.env ?? {}),
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid !== undefined) started.add(child.pid);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const exited = exitOf(child);
  const ready = readyLine(child, exited, () => `${stdout}\n${stderr}`);
  return { child, exited, ready, stdout: () => stdout, stderr: () => stderr };
}

function exitOf(child: ChildProcess): Promise<number | null> {
  const exited = Promise.withResolvers<number | null>();
  child.once("error", exited.reject);
  child.once("exit", (code) => {
    if (child.pid !== undefined) started.delete(child.pid);
    exited.resolve(code);
  });
  return exited.promise;
}

async function readyLine(
  child: ChildProcess,
  exited: Promise<number | null>,
  output: () => string,
): Promise<string> {
  const ready = Promise.withResolvers<string>();
  child.stdout?.on("data", () => {
    const url = /^ready (http:\/\/\S+)$/m.exec(output())?.[1];
    if (url !== undefined) ready.resolve(url);
  });
  exited.then(
    (code) =>
      ready.reject(new Error(`The product ended with ${code} before it served.\n${output()}`)),
    ready.reject,
  );
  return within(ready.promise, READY_TIMEOUT_MS, "the product's ready line").catch(
    (error: unknown) => {
      if (child.pid !== undefined) killQuietly(child.pid, "SIGKILL");
      throw new Error(`${String(error)}\n${output()}`, { cause: error });
    },
  );
}

/** Node from the repository's own packages where there is one: the machine's may be older than the sources need. */
function nodeProgram(): string {
  const own = join(REPOSITORY, "node_modules/.bin/node");
  return existsSync(own) ? own : process.execPath;
}

function environment(extra: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name, value]) =>
      value !== undefined &&
      !/^(ACOS_|npm_|VITEST|NODE_|OPENAI_|ANTHROPIC_|GOOGLE_|OPENROUTER_)/.test(name),
  ) as [string, string][];
  const bundles = process.env["ACOS_TEST_BUNDLES"];
  return {
    ...Object.fromEntries(kept),
    ...(bundles === undefined ? {} : { ACOS_DIST: bundles }),
    ACOS_DETECT: "off",
    // Tests that need sandboxes say ACOS_SANDBOXES=auto: for all others they are only load.
    ACOS_SANDBOXES: "off",
    // Started by npm, the launcher stops when its parents die: a test process that is killed leaves nothing behind.
    npm_lifecycle_event: "test",
    ...extra,
  };
}

async function vanished(marks: readonly ProcessMark[], signal: string): Promise<void> {
  const deadline = Date.now() + VANISH_TIMEOUT_MS;
  for (let left = stillRunning(marks); left.length > 0; left = stillRunning(marks)) {
    if (Date.now() > deadline) {
      for (const mark of left) killQuietly(mark.pid, "SIGKILL");
      const pids = left.map((mark) => mark.pid).join(", ");
      throw new Error(`Orphans: ${pids} outlived the launcher, which ${signal} had ended.`);
    }
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already, which is what was wanted.
  }
}

async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`Waited ${timeoutMs} ms in vain for ${what}.`)),
    timeoutMs,
  );
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}
