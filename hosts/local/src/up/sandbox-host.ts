// One process of the Sandbox Host after another: started, listened to until it serves, brought back when it dies, ended.
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

import type { SandboxFlags } from "./flags.ts";
import type { Log, LogFields } from "./log.ts";
import { signal } from "./owned-processes.ts";
import { ownedHostCommand } from "./runtime-options.ts";
import type { SandboxBoard } from "./sandbox-board.ts";

/** What the Sandbox Host is told; the other side of it is hosts/sandbox-host/src/main.ts. */
export interface HostSettings {
  readonly port: number;
  readonly secret: string;
  readonly folder: string;
  /** Path of the in-sandbox agent's bundle. */
  readonly agent: string;
  readonly jwks: string;
  readonly reveal: { readonly url: string; readonly secret: string } | null;
  readonly allow: string;
  readonly pool: number;
  readonly maxRunning: number;
  readonly dayShares: SandboxFlags["dayShares"];
}

export interface HostRim {
  readonly program: string;
  readonly settings: HostSettings;
  readonly board: SandboxBoard;
  readonly log: Log;
}

/** Its exit code for "isolation does not hold here": no other try would go better. */
const NO_ISOLATION = 3;
/** The self-test takes under a second; a machine under heavy load needs several. */
const READY_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 3_000;
/** Pauses before it is started again: the first is short, and one that dies again and again waits longer each time. */
const RESTART_FIRST_MS = 100;
const RESTART_MOST_MS = 30_000;
/** One that served for so long died of something new. */
const STEADY_AFTER_MS = 60_000;
/** Last words that are kept, to be told where sandboxes are off. */
const WORDS_KEPT = 10;

export class SandboxHost {
  readonly #rim: HostRim;
  readonly #stopped = new AbortController();
  #running: { readonly child: ChildProcess; readonly gone: Promise<void> } | undefined;
  #words: string[] = [];

  constructor(rim: HostRim) {
    this.#rim = rim;
  }

  /** Keeps a host running until `stop`, or until it says that isolation does not hold. Never throws. */
  async keep(): Promise<void> {
    let wait = RESTART_FIRST_MS;
    while (!this.#stopped.signal.aborted) {
      const began = performance.now();
      const code = await this.#run();
      if (this.#stopped.signal.aborted) return;
      if (code === NO_ISOLATION) return this.#giveUp();
      if (performance.now() - began > STEADY_AFTER_MS) wait = RESTART_FIRST_MS;
      this.#rim.board.set({
        state: "starting",
        words: "The Sandbox Host ended and is being started again.",
      });
      this.#rim.log.warn("the sandboxes process ended and is started again", {
        code: code ?? "killed",
        waitMs: wait,
      });
      await pause(wait, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
      wait = Math.min(wait * 2, RESTART_MOST_MS);
    }
  }

  /** Ends the host and, by that, all sandboxes; kills it when it does not end in time. Never throws. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    const running = this.#running;
    if (running === undefined) return;
    const { pid = 0 } = running.child;
    if (pid !== 0) signal(pid, "SIGTERM");
    const late = pause(STOP_DEADLINE_MS, true, { ref: false });
    if (await Promise.race([late, running.gone.then(() => false)])) {
      this.#rim.log.warn("the sandboxes process did not end in time and is killed");
      if (pid !== 0) signal(pid, "SIGKILL");
      await Promise.race([running.gone, pause(STOP_DEADLINE_MS, undefined, { ref: false })]);
    }
  }

  #giveUp(): void {
    const why = this.#words.join(" ");
    const words = `this machine does not hold them apart. ${why} "acos doctor" says more.`;
    this.#rim.board.set({ state: "off", words });
    this.#rim.log.warn(`sandboxes are off: ${words}`);
  }

  /** One process from its start to its end; answers its exit code, or null when a signal ended it. */
  async #run(): Promise<number | null> {
    const { program, settings } = this.#rim;
    const began = performance.now();
    this.#words = [];
    const { file, environment } = ownedHostCommand(JSON.stringify(settings));
    // Nothing is written to its input: it ends when that ends, which is when this process does, however it does. In a group
    // of its own, Ctrl+C reaches this process alone, which ends the host when nothing needs it any more.
    const child = spawn(file, ["--disable-warning=ExperimentalWarning", program], {
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: environment,
    });
    child.stdin.on("error", () => undefined);
    const exited = Promise.withResolvers<number | null>();
    const closed = Promise.withResolvers<void>();
    child.once("error", () => (exited.resolve(1), closed.resolve()));
    child.once("exit", exited.resolve);
    child.once("close", () => closed.resolve());
    this.#running = { child, gone: closed.promise };
    const late = setTimeout(() => child.kill("SIGKILL"), READY_DEADLINE_MS);
    linesOf(child.stderr, (line) => this.#passOn(line));
    linesOf(child.stdout, (line) => {
      if (!line.startsWith("ready ")) return;
      clearTimeout(late);
      this.#serving(line.slice("ready ".length), performance.now() - began);
    });
    const code = await exited.promise;
    clearTimeout(late);
    // Its pid may be somebody else's from here on.
    this.#running = undefined;
    // Its last words may still be on their way.
    if (code === NO_ISOLATION) await closed.promise;
    return code;
  }

  #serving(text: string, ms: number): void {
    const { board, log } = this.#rim;
    const { driver, notes } = capabilitiesIn(text);
    board.set({ state: "serving", words: "Sandboxes are there." });
    log.info("sandboxes are there", { driver, ms: Math.round(ms) });
    if (notes > 0)
      log.info(`sandboxes: ${notes} things could be held better; "acos doctor" tells which`);
  }

  #passOn(line: string): void {
    const { level, message, fields } = said(line);
    this.#words = [...this.#words, message].slice(-WORDS_KEPT);
    if (!this.#stopped.signal.aborted)
      this.#rim.log[level](message, { ...fields, process: "sandboxes" });
  }
}

function linesOf(stream: Readable, take: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on("line", (line) => {
    if (line.trim() !== "") take(line);
  });
}

function capabilitiesIn(text: string): { driver: string; notes: number } {
  try {
    const found = JSON.parse(text) as { driver?: unknown; notes?: unknown };
    return {
      driver: String(found.driver ?? "unknown"),
      notes: Array.isArray(found.notes) ? found.notes.length : 0,
    };
  } catch {
    // It serves all the same; only what it can is not known.
    return { driver: "unknown", notes: 0 };
  }
}

interface Said {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly fields: LogFields;
}

/** A line of its log in our log's form. What is no JSON is said as it is: the runtime's own last words, for one. */
function said(line: string): Said {
  try {
    const { at: _at, level, message, ...rest } = JSON.parse(line) as Record<string, unknown>;
    if (typeof message !== "string") return { level: "warn", message: line, fields: {} };
    const plain = Object.entries(rest).filter(([, value]) => value !== null);
    const fields = plain.map(([name, value]): [string, string | number | boolean] => [
      name,
      typeof value === "number" || typeof value === "boolean"
        ? value
        : typeof value === "string"
          ? value
          : JSON.stringify(value),
    ]);
    return {
      level: level === "error" || level === "info" ? level : "warn",
      message,
      fields: Object.fromEntries(fields),
    };
  } catch {
    return { level: "warn", message: line, fields: {} };
  }
}
