// bubblewrap is what holds sandboxes on one machine: found in PATH, or installed where that can be done without asking.
import { accessSync, constants, existsSync } from "node:fs";
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";

import type { Environment } from "./flags.ts";

export interface Machine {
  readonly environment: Environment;
  readonly isRoot: boolean;
  /** Debian, Ubuntu and what is made from them. */
  readonly isDebian: boolean;
  /** Contract: runs a program to its end; answers its exit code, or null when it did not end by itself. */
  readonly run: (command: string, args: readonly string[]) => Promise<number | null>;
  readonly log: { info(message: string): void };
}

/** The command that a person would give; on other systems the package has the same name. */
const INSTALL = ["install", "-y", "--no-install-recommends", "bubblewrap"];
const ADVICE = `Install it (on Debian or Ubuntu: "sudo apt-get ${INSTALL.join(" ")}") and start again.`;
/** A mirror that is slow, twice; one that hangs is given up. */
const INSTALL_DEADLINE_MS = 120_000;

/** Answers undefined when bubblewrap is there, after installing it where that needs no asking; else words that say what to do. */
export async function requireBubblewrap(machine: Machine): Promise<string | undefined> {
  if (isInPath("bwrap", machine.environment)) return undefined;
  const canInstall = machine.isRoot && machine.isDebian && isInPath("apt-get", machine.environment);
  if (!canInstall) return `bubblewrap is not installed. ${ADVICE}`;
  machine.log.info(`bubblewrap is missing; installing it: apt-get ${INSTALL.join(" ")}`);
  const code = await install(machine);
  if (isInPath("bwrap", machine.environment)) return undefined;
  return `bubblewrap is not installed, and "apt-get ${INSTALL.join(" ")}" ended with ${code ?? "no answer"}. ${ADVICE}`;
}

/** A machine that never installed anything has no list of packages yet. */
async function install({ run }: Machine): Promise<number | null> {
  const code = await run("apt-get", INSTALL);
  if (code === 0 || code === null) return code;
  await run("apt-get", ["update"]);
  return run("apt-get", INSTALL);
}

/** The machine this process runs on. `owned` turns a command into one that does not outlive the launcher. */
export function thisMachine(
  environment: Environment,
  log: Machine["log"],
  owned: (command: string) => { file: string; environment: NodeJS.ProcessEnv },
): Machine {
  return {
    environment,
    log,
    isRoot: process.geteuid?.() === 0,
    isDebian: existsSync("/etc/debian_version"),
    run: async (command, args) => {
      const { file, environment: env } = owned(command);
      const child = spawn(file, args, {
        stdio: "ignore",
        env: { ...env, DEBIAN_FRONTEND: "noninteractive" },
        timeout: INSTALL_DEADLINE_MS,
      });
      const ended = Promise.withResolvers<number | null>();
      child.once("error", () => ended.resolve(null));
      child.once("exit", ended.resolve);
      return ended.promise;
    },
  };
}

function isInPath(program: string, environment: Environment): boolean {
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not for us: either way the next folder is asked.
  }
}
