// Whether this start has sandboxes, found out after it serves: nothing of it delays the `ready` line or stops the start.
import { existsSync } from "node:fs";
import { join } from "node:path";

import { requireBubblewrap, thisMachine } from "./bubblewrap.ts";
import { SANDBOX_HOST } from "./build-all.ts";
import type { DataFolder } from "./data-folder.ts";
import type { SandboxFlags } from "./flags.ts";
import type { Log } from "./log.ts";
import { reachedAt } from "./port.ts";
import { ownedCommand } from "./runtime-options.ts";
import type { SandboxBoard } from "./sandbox-board.ts";
import { type HostSettings, SandboxHost } from "./sandbox-host.ts";
import { type Plan, urlHost } from "./workers.ts";

export interface SandboxesAsk {
  readonly flags: SandboxFlags;
  readonly plan: Plan;
  readonly folder: DataFolder;
  readonly board: SandboxBoard;
  readonly log: Log;
}

export interface Sandboxes {
  /** Ends what runs and starts nothing more. Never throws. */
  stop(): Promise<void>;
}

/** Brings sandboxes up in the background, or puts on the board why there are none. */
export function startSandboxes(ask: SandboxesAsk): Sandboxes {
  const { board, log, plan } = ask;
  // Another program is named by tests alone.
  const program = plan.environment["ACOS_SANDBOX_PROGRAM"] || SANDBOX_HOST;
  const host = new SandboxHost({ program, settings: settingsOf(ask), board, log });
  let isStopped = false;
  const begin = async () => {
    const why = await reasonAgainst(ask, program);
    if (isStopped) return;
    if (why === undefined) return host.keep();
    board.set({ state: "off", words: why });
    log.warn(`sandboxes are off: ${why}`);
  };
  void begin();
  return {
    stop: async () => {
      isStopped = true;
      await host.stop();
    },
  };
}

/** What the Sandbox Host is told: where to listen, whom to believe and where secrets for its egress are asked. */
function settingsOf({ flags, plan, folder }: SandboxesAsk): HostSettings {
  return {
    ...plan.sandboxes,
    folder: folder.sandboxes,
    agent: agentOf(plan),
    jwks: `http://${urlHost(reachedAt(plan.host))}:${plan.port}/.well-known/jwks.json`,
    reveal: {
      url: `http://127.0.0.1:${plan.gatewayPort}/inner/sandbox-secrets`,
      secret: plan.innerSecret,
    },
    allow: plan.environment["ACOS_EGRESS_ALLOW"] ?? "",
    pool: flags.pool,
    maxRunning: flags.max,
    dayShares: flags.dayShares,
  };
}

const agentOf = ({ bundles }: Plan) => join(bundles, "sandbox-agent/agent.js");

/** Words that say why this start can have no sandboxes; undefined when the host may be started. */
async function reasonAgainst(
  { flags, plan, board, log }: SandboxesAsk,
  program: string,
): Promise<string | undefined> {
  if (!flags.on)
    return "they were switched off. Start without --sandboxes off (or ACOS_SANDBOXES=off) to have them.";
  if (process.platform !== "linux") return "they need Linux, which alone has bubblewrap.";
  const missing = [program, agentOf(plan)].find((path) => !existsSync(path));
  if (missing !== undefined) return `${missing} is missing. Make it with "npm run build".`;
  board.set({ state: "starting", words: "bubblewrap is being installed." });
  const owned = (command: string) => ownedCommand(command, "sandboxes");
  const why = await requireBubblewrap(thisMachine(plan.environment, log, owned));
  board.set({ state: "starting", words: "The Sandbox Host is being started." });
  return why;
}
