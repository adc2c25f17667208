// Runs the two runtime processes and keeps them: either is back within a second of its death, and if one cannot come
// back the whole ends, because a half that serves would be worse than none.
import {
  Log as RuntimeLog,
  LogLevel,
  Miniflare,
  type V4WorkerOptions,
  convertV4MiniflareOptions,
} from "miniflare";

import type { DataFolder } from "./data-folder.ts";
import type { Log } from "./log.ts";
import { accepts } from "./port.ts";
import { RUNTIME_DEFAULTS } from "./runtime-options.ts";
import { inOurWords } from "./runtime-words.ts";
import { type Plan, agentsWorkers, mainWorkers } from "./workers.ts";
import type { Role } from "./owned-processes.ts";

export interface Runtimes {
  /** Ends both at once, without a drain. */
  dispose(): Promise<void>;
}

export interface Supervision {
  readonly folder: DataFolder;
  readonly log: Log;
  /** Contract: true from the moment a stop has begun; what happens to the processes then is no news. */
  readonly isStopping: () => boolean;
  /** Contract: called once when a process is gone and does not come back; ends the launcher with an error. */
  readonly onLost: (what: string) => void;
}

/** How often the ports are looked at: one loopback connection each, some microseconds. */
const WATCH_EVERY_MS = 1_000;
/** A restart takes under a second; a machine under heavy load needs several. */
const LOST_AFTER_MS = 15_000;

/** Starts both processes and answers when both serve. Throws when one cannot start. */
export async function startRuntimes(plan: Plan, supervision: Supervision): Promise<Runtimes> {
  const start = (role: Role, workers: V4WorkerOptions[]) =>
    new Miniflare({
      ...convertV4MiniflareOptions({ ...RUNTIME_DEFAULTS, workers }),
      resourcePersistencePath: supervision.folder.state,
      log: new QuietLog(role, supervision),
      handleStructuredLogs: ({ level, message }) =>
        passOn(supervision.log, { role, ...inOurWords({ level, message }) }),
      unsafeHandleRuntimeRestart: () => supervision.log.info(`the ${role} process is back`),
      unsafeRuntimeEnv: { ACOS_ROLE: role },
    });
  const handlers = signalHandlers();
  const both = [start("main", mainWorkers(plan)), start("agents", agentsWorkers(plan))];
  // The simulator's own handlers kill at once; ours let what runs come to its end.
  handlers.removeOthers();
  try {
    await Promise.all(both.map((runtime) => runtime.ready));
  } catch (error) {
    await Promise.allSettled(both.map((runtime) => runtime.dispose()));
    throw error;
  }
  watchPorts(
    [
      { name: "main", host: plan.host, port: plan.port },
      { name: "agents", host: "127.0.0.1", port: plan.agentsPort },
    ],
    supervision,
  );
  return {
    dispose: async () => void (await Promise.allSettled(both.map((runtime) => runtime.dispose()))),
  };
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function signalHandlers() {
  const ours = new Map(SIGNALS.map((name) => [name, new Set(process.listeners(name))]));
  return {
    removeOthers() {
      for (const name of SIGNALS)
        for (const listener of process.listeners(name))
          if (!ours.get(name)?.has(listener)) process.removeListener(name, listener);
    },
  };
}

interface Watched {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

function watchPorts(ports: readonly Watched[], supervision: Supervision): void {
  const seen = new Map(ports.map(({ name }) => [name, performance.now()]));
  const look = async () => {
    await Promise.all(
      ports.map(async (port) => (await accepts(port)) && seen.set(port.name, performance.now())),
    );
    if (supervision.isStopping()) return;
    const lost = ports.find(
      ({ name }) => performance.now() - (seen.get(name) ?? 0) > LOST_AFTER_MS,
    );
    if (lost !== undefined)
      return supervision.onLost(`the ${lost.name} process is gone and does not come back`);
    setTimeout(look, WATCH_EVERY_MS).unref();
  };
  setTimeout(look, WATCH_EVERY_MS).unref();
}

interface RuntimeLine {
  readonly role: Role;
  readonly level: string;
  readonly message: string;
}

function passOn(log: Log, { role, level, message }: RuntimeLine): void {
  const known = level === "error" || level === "warn" ? level : "info";
  log[known](message, { process: role });
}

/** The simulator's own words, in our log; none of them while a stop is under way, when deaths are meant. */
class QuietLog extends RuntimeLog {
  readonly #role: Role;
  readonly #supervision: Supervision;

  constructor(role: Role, supervision: Supervision) {
    super(LogLevel.WARN);
    this.#role = role;
    this.#supervision = supervision;
  }

  /** The simulator tries once to bring a process back and says so when it cannot. */
  override error(message: Error): void {
    super.error(message);
    const lost = "code" in message && message.code === "ERR_RUNTIME_FAILURE";
    if (lost && !this.#supervision.isStopping())
      this.#supervision.onLost(`the ${this.#role} process cannot be brought back`);
  }

  override logWithLevel(level: LogLevel, message: string): void {
    if (level > LogLevel.WARN || this.#supervision.isStopping()) return;
    passOn(this.#supervision.log, {
      role: this.#role,
      level: level === LogLevel.ERROR ? "error" : "warn",
      message,
    });
  }
}
