// Runs the real launcher as a child, the way a user does, and looks at it from outside: output, exit code, processes.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { signal } from "../src/up/owned-processes.ts";
import { makeStubBundles } from "./stub-workers.ts";

const ACOS = resolve(import.meta.dirname, "../src/acos.ts");
const READY_DEADLINE_MS = 20_000;

export interface Launcher {
  readonly pid: number;
  readonly url: string;
  readonly port: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exit: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

export interface Start {
  readonly data: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs the launcher under a shell, as `npm start` does. */
  readonly underShell?: boolean;
}

/** A folder of its own for a test file: stub Workers, data folders, and the end of everything that was started. */
export async function makeBench() {
  const folder = mkdtempSync(join(tmpdir(), "acos-local-"));
  const stub = await makeStubBundles(folder);
  const started: Launcher[] = [];
  const datas = new Set<string>();
  let count = 0;
  return {
    ...stub,
    folder,
    newData: () => join(folder, `data-${(count += 1)}`),
    run(start: Start): Launcher {
      datas.add(start.data);
      const launcher = launch(start, stub);
      started.push(launcher);
      return launcher;
    },
    async up(start: Start): Promise<Launcher> {
      const launcher = this.run(start);
      await until(
        () => launcher.stdout().includes("ready ") || exited(launcher.pid),
        READY_DEADLINE_MS,
      );
      if (!launcher.stdout().includes("ready ")) throw new Error(`not ready: ${launcher.stderr()}`);
      return launcher;
    },
    async end(): Promise<void> {
      for (const launcher of started) launcher.kill("SIGKILL");
      for (const data of datas) for (const { pid } of processesOf(data)) signal(pid, "SIGKILL");
      await until(() => [...datas].every((data) => processesOf(data).length === 0));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function launch(start: Start, stub: { bundles: string; migrations: string }): Launcher {
  const args = [ACOS, "up", "--data", start.data, ...(start.args ?? ["--port", "0"])];
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|ACOS_|NODE_OPTIONS)/.test(name),
  );
  const environment = {
    ...Object.fromEntries(inherited),
    ACOS_DETECT: "off",
    ACOS_SANDBOXES: "off",
    ACOS_SANDBOX_PROGRAM: join(import.meta.dirname, "fake-sandbox-host.ts"),
    ACOS_DIST: stub.bundles,
    ACOS_MIGRATIONS: stub.migrations,
    ...start.environment,
  };
  // A last command after it keeps the shell from becoming the launcher itself.
  const [file, argv] =
    start.underShell === true
      ? ["/bin/sh", ["-c", `"$@"; exit $?`, "sh", process.execPath, ...args]]
      : [process.execPath, args];
  const child = spawn(file, argv, { stdio: ["ignore", "pipe", "pipe"], env: environment });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (output.stderr += text));
  const ended = Promise.withResolvers<number | null>();
  child.once("close", (code) => ended.resolve(code));
  const url = () => /^ready (http:\/\/\S+)$/m.exec(output.stdout)?.[1] ?? "";
  return {
    pid: child.pid ?? 0,
    get url() {
      return url();
    },
    get port() {
      return Number(new URL(url()).port);
    },
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    exit: ended.promise,
    kill: (name) => void child.kill(name),
  };
}

export interface Seen {
  readonly pid: number;
  readonly name: string;
  readonly role: string;
}

/** Every living process that was started for a data folder, found by its environment and not by the launcher's own records. */
export function processesOf(data: string): Seen[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const environment = read(`/proc/${pid}/environ`).split("\0");
      if (!environment.includes(`ACOS_RUN_FOLDER=${join(data, "run")}`) || exited(Number(pid)))
        return [];
      const role =
        environment.find((entry) => entry.startsWith("ACOS_ROLE="))?.slice("ACOS_ROLE=".length) ??
        "";
      return [{ pid: Number(pid), name: read(`/proc/${pid}/comm`).trim(), role }];
    });
}

/** The pid of the runtime process with this role; throws when there is none or more than one. */
export function runtimeOf(data: string, role: string): number {
  const found = processesOf(data).filter((seen) => seen.name === "workerd" && seen.role === role);
  if (found.length !== 1) throw new Error(`${found.length} runtimes are ${role}`);
  return found[0]?.pid ?? 0;
}

/** Waits for a condition; throws when it does not come true. A condition that throws counts as false. */
export async function until(condition: () => unknown, deadlineMs = 10_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  let problem: unknown;
  for (;;) {
    try {
      if (await condition()) return;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > end)
      throw new Error("the condition did not come true", { cause: problem });
    const pause = Promise.withResolvers<void>();
    setTimeout(pause.resolve, 20);
    await pause.promise;
  }
}

function exited(pid: number): boolean {
  const state = /^State:\s+(\w)/m.exec(read(`/proc/${pid}/status`))?.[1];
  return state === undefined || state === "Z" || state === "X";
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
