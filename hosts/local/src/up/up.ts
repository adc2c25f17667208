// `acos up`, from flags to the `ready` line, and from the first signal to the end. The order is the promise: refusals
// come before anything is touched, the lock before any process, migrations before any Worker.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { RefusedStart } from "../usage-error.ts";
import { DIST, REPOSITORY, WEB_DIST, buildAll } from "./build-all.ts";
import { askForCare } from "./ask-for-care.ts";
import { openControlDoor } from "./control-server.ts";
import { type DataFolder, locateDataFolder, makeDataFolder, useScratch } from "./data-folder.ts";
import { detectModels } from "./detect-models.ts";
import type { FileLock } from "./file-lock.ts";
import { KeyFiles } from "./key-files.ts";
import type { Environment, UpFlags } from "./flags.ts";
import type { Log } from "./log.ts";
import { migrateDatabase } from "./migrations.ts";
import { openInBrowser } from "./open-in-browser.ts";
import { endFormerProcesses } from "./owned-processes.ts";
import { watchParents } from "./parent-watch.ts";
import { takeOwnerLock } from "./owner-lock.ts";
import { accepts, claimPort, freeLoopbackPorts } from "./port.ts";
import { ownRuntime, recordOwnedIn } from "./runtime-options.ts";
import { rotate, type Rotation } from "./rotate-keys.ts";
import { SandboxBoard } from "./sandbox-board.ts";
import { type Sandboxes, startSandboxes } from "./sandboxes.ts";
import { stopRuntimes } from "./stop.ts";
import { type Runtimes, startRuntimes } from "./supervise.ts";
import { type Plan, urlHost } from "./workers.ts";

export interface UpRim {
  readonly environment: Environment;
  readonly log: Log;
  /** Contract: gets the `ready` line, once. */
  readonly say: (line: string) => void;
  /** Contract: ends this process; never returns control to the caller in earnest. */
  readonly exit: (code: number) => void;
}

/** Starts everything and answers when it serves. Throws RefusedStart with words for the user when it must not or cannot. */
export async function up(flags: UpFlags, rim: UpRim): Promise<void> {
  const life = new Life(rim);
  const folder = locateDataFolder(flags.dataFolder);
  const { port, lock } = await claim(flags, folder);
  life.onEnd(() => lock.release());
  const detecting = detectModels(flags.model, rim);
  const bundles = await prepareBundles(rim);
  ownRuntime(process.pid);
  recordOwnedIn(folder.running);
  useScratch(folder);
  const files = await KeyFiles.open(folder);
  for (const name of await migrateDatabase(folder, migrationsOf(rim.environment)))
    rim.log.info(`migrated ${name}`);
  const [gatewayPort = 0, agentsPort = 0, sandboxesPort = 0] = await freeLoopbackPorts(3);
  const innerSecret = newSecret();
  const board = new SandboxBoard(() => accepts({ host: "127.0.0.1", port: sandboxesPort }));
  const care = () => askForCare(gatewayPort, innerSecret);
  const rotationRim = { files, care, now: Date.now, wait: pause };
  const control = await openControlDoor({
    folder,
    files,
    log: rim.log,
    care,
    board,
    rotate: oneAtATime((kind: Rotation) => rotate(kind, rotationRim)),
  });
  life.onEnd(() => control.close());
  const plan: Plan = {
    ...bundles,
    control,
    authSecret: files.read().auth,
    port,
    gatewayPort,
    agentsPort,
    sandboxes: { port: sandboxesPort, secret: newSecret() },
    host: flags.host,
    innerSecret,
    detected: await detecting,
    environment: rim.environment,
  };
  const runtimes = await startRuntimes(plan, {
    folder,
    log: rim.log,
    isStopping: () => life.ending,
    onLost: (what) => life.fail(what),
  });
  const sandboxes = startSandboxes({ flags: flags.sandboxes, plan, folder, board, log: rim.log });
  life.serving({ runtimes, plan, folder, sandboxes });
  const url = `http://${urlHost(flags.host)}:${port}`;
  if (!isLoopback(flags.host))
    rim.log.warn(`listening on ${flags.host}: other machines can reach this one`);
  rim.say(`ready ${url}`);
  if (flags.open) openInBrowser(url, rim.log);
}

const newSecret = () => randomBytes(32).toString("base64url");

/** Two exchanges at once would undo each other: the second begins when the first has ended, however it ended. */
function oneAtATime(work: (kind: Rotation) => Promise<string>): typeof work {
  let before: Promise<unknown> = Promise.resolve();
  return (kind) => {
    const next = before.then(() => work(kind));
    before = next.catch(() => undefined);
    return next;
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** Takes folder and port, or refuses before anything is made; a folder that does not exist yet is made last. */
async function claim(
  flags: UpFlags,
  folder: DataFolder,
): Promise<{ port: number; lock: FileLock }> {
  const early = existsSync(folder.path) ? takeOwnerLock(folder.path) : undefined;
  try {
    if (early !== undefined) await endFormerProcesses(folder.running);
    const port = await claimPort(flags.host, flags.port);
    makeDataFolder(folder);
    return { port, lock: early ?? takeOwnerLock(folder.path) };
  } catch (error) {
    early?.release();
    throw error;
  }
}

/** ACOS_DIST names a folder of bundles made elsewhere; without it what is missing or old is built now. */
async function prepareBundles({
  environment,
  log,
}: UpRim): Promise<Pick<Plan, "bundles" | "webFolder">> {
  const made = environment["ACOS_DIST"];
  if (made) {
    if (!existsSync(join(made, "orchestrator/index.js")))
      throw new RefusedStart(`ACOS_DIST names ${made}, which holds no built Workers.`);
    return { bundles: made, webFolder: join(made, "web") };
  }
  const began = performance.now();
  const names = await buildAll();
  if (names.length > 0)
    log.info(`built ${names.join(", ")}`, { ms: Math.round(performance.now() - began) });
  return { bundles: DIST, webFolder: WEB_DIST };
}

function migrationsOf(environment: Environment): string {
  return environment["ACOS_MIGRATIONS"] || join(REPOSITORY, "workers/orchestrator/migrations");
}

interface Served {
  readonly runtimes: Runtimes;
  readonly plan: Plan;
  readonly folder: DataFolder;
  readonly sandboxes: Sandboxes;
}

/** From the first moment to the last: who may end the launcher, and how. */
class Life {
  ending = false;
  #served: Served | undefined;
  readonly #atEnd: (() => void)[] = [];
  readonly #rim: UpRim;

  constructor(rim: UpRim) {
    this.#rim = rim;
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(name, () => void this.#stop(name));
    if (rim.environment["npm_lifecycle_event"])
      watchParents(() => void this.#stop("the end of npm"));
  }

  /** Contract of `work`: does not throw; run once, whatever the end is, the last one that was given first. */
  onEnd(work: () => void): void {
    this.#atEnd.unshift(work);
  }

  serving(served: Served): void {
    this.#served = served;
  }

  fail(what: string): void {
    this.#rim.log.error(
      `${what}; everything ends now, and a new start goes on from what is on disk`,
    );
    this.#end(1);
  }

  async #stop(why: string): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    this.#rim.log.info(`stopping after ${why}`);
    if (this.#served !== undefined) {
      const { runtimes, plan, folder, sandboxes } = this.#served;
      const { gatewayPort, innerSecret } = plan;
      const drained = await stopRuntimes({
        runtimes,
        gatewayPort,
        innerSecret,
        running: folder.running,
        sandboxes,
        log: this.#rim.log,
      });
      this.#rim.log.info(
        drained ? "stopped" : "stopped at the deadline; unfinished runs go on at the next start",
      );
    }
    this.#end(0);
  }

  #end(code: number): void {
    this.ending = true;
    for (const work of this.#atEnd.splice(0)) work();
    this.#rim.exit(code);
  }
}
