// What every runtime process of this host has in common: no outgoing connection of its own, and an owner it dies with.
import { createRequire } from "node:module";
import { join } from "node:path";

import { OWNER_VARIABLE } from "./owned-processes.ts";

/** Names under which the simulators keep their data; a changed name would lose sight of it. */
export const DATABASE_ID = "acos";
export const CACHE_ID = "agent-cache";
export const ARCHIVE_ID = "archive";

export const COMPATIBILITY = {
  compatibilityDate: "2026-10-01",
  compatibilityFlags: ["nodejs_compat", "enable_request_signal"],
};

export const RUNTIME_DEFAULTS = {
  host: "127.0.0.1",
  port: 0,
  cf: false,
  logRequests: false,
  telemetry: { enabled: false },
} as const;

const OWNED_COMMAND = join(import.meta.dirname, "../../bin/owned-runtime.sh");

/** Makes every runtime that this process starts die with it, and records it in the folder that `run` names. */
export function ownRuntime(launcherPid: number): void {
  process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
  process.env["ACOS_LAUNCHER_PID"] = String(launcherPid);
  process.env["ACOS_OWNED_COMMAND"] = runtimePath();
  process.env["MINIFLARE_WORKERD_PATH"] = OWNED_COMMAND;
}

/** Names the folder where owned processes write themselves down; inherited by all that this process starts. */
export function recordOwnedIn(running: string): void {
  process.env[OWNER_VARIABLE] = running;
}

/** The command that runs another one as a process of this owner. Contract: `environment` is added to the child's. */
export function ownedCommand(command: string, role: string) {
  const environment = {
    ...process.env,
    ACOS_OWNED_COMMAND: command,
    ACOS_LAUNCHER_PID: String(process.pid),
    ACOS_ROLE: role,
  };
  return { file: OWNED_COMMAND, environment };
}

/** What a program needs of the world it runs in. Keys of model providers, for one, are none of the Sandbox Host's business. */
const PASSED_ON = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", OWNER_VARIABLE];
/** After the launcher has died: time for the host to clear its sandboxes away before it is killed. */
const GRACE_S = 5;

/** The command that runs Node as the Sandbox Host of this owner; `settings` is what it reads. */
export function ownedHostCommand(settings: string) {
  const kept = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const environment = {
    ...Object.fromEntries(kept),
    ACOS_OWNED_COMMAND: process.execPath,
    ACOS_LAUNCHER_PID: String(process.pid),
    ACOS_ROLE: "sandboxes",
    ACOS_GRACE_S: String(GRACE_S),
    ACOS_SANDBOX_HOST: settings,
  };
  return { file: OWNED_COMMAND, environment };
}

function runtimePath(): string {
  // Found through miniflare, so that it is the copy whose protocol miniflare speaks.
  const fromMiniflare = createRequire(createRequire(import.meta.url).resolve("miniflare"));
  const runtime = fromMiniflare("workerd") as { readonly default: string };
  return runtime.default;
}
