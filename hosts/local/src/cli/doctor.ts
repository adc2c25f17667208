// `acos doctor`: whether this machine can have sandboxes, what holds them, what is weaker than it could be and what mends it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import type { SandboxCapabilities } from "@acos/protocol";

import { RefusedStart } from "../usage-error.ts";
import { parseArguments } from "./arguments.ts";
import { inColumns } from "./columns.ts";
import { plainLine } from "./plain-text.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "doctor",
  usage: "acos doctor [--json]",
  options: { json: { type: "boolean" } },
  words: [0, 0],
} as const;

const PROGRAM = join(import.meta.dirname, "../../../sandbox-host/src/doctor.ts");
/** It starts a sandbox and tries to get out of it. */
const DEADLINE_MS = 60_000;

interface Found {
  readonly ok: boolean;
  readonly capabilities: SandboxCapabilities | null;
  readonly problems: readonly { readonly what: string; readonly fix: string }[];
}

/** Writes what was found and answers 0 where sandboxes can run, else 1. Changes nothing on the machine. */
export async function doctor(args: readonly string[], terminal: Terminal): Promise<number> {
  const given = parseArguments(args, SHAPE);
  const found = await examine(terminal);
  const { output } = terminal;
  if (given.on("json")) output.write(`${JSON.stringify(found)}\n`);
  else output.write(reportOf(found));
  return found.ok ? 0 : 1;
}

async function examine({ environment }: Terminal): Promise<Found> {
  if (process.platform !== "linux")
    return none("Sandboxes need Linux, which alone has bubblewrap.", "Use a Linux machine.");
  // Another program is named by tests alone.
  const program = environment["ACOS_SANDBOX_DOCTOR"] || PROGRAM;
  if (!existsSync(program)) return none(`This build lacks ${program}.`, "Install it again.");
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", program, "--json"],
    { stdio: ["ignore", "pipe", "pipe"], timeout: DEADLINE_MS, env: { ...environment } },
  );
  const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr)]);
  try {
    return JSON.parse(said) as Found;
  } catch {
    const words = plainLine(complained.slice(-500)) || "It said nothing.";
    throw new RefusedStart(`This machine could not be examined. ${words}`);
  }
}

const none = (what: string, fix: string): Found => ({
  ok: false,
  capabilities: null,
  problems: [{ what, fix }],
});

function reportOf({ ok, capabilities, problems }: Found): string {
  const head = ok ? "Sandboxes run on this machine.\n" : "Sandboxes cannot run on this machine.\n";
  const parts = [head];
  if (capabilities !== null) parts.push(inColumns(rowsOf(capabilities)));
  const notes = capabilities?.notes ?? [];
  if (notes.length > 0)
    parts.push(
      `Weaker than it could be:\n${notes.map((note) => `- ${plainLine(note)}\n`).join("")}`,
    );
  const wrong = problems.map(({ what, fix }) => `- ${plainLine(what)}\n  ${plainLine(fix)}\n`);
  if (wrong.length > 0) parts.push(`${ok ? "To mend" : "What is in the way"}:\n${wrong.join("")}`);
  return parts.join("\n");
}

function rowsOf(found: SandboxCapabilities): string[][] {
  const yes = (is: boolean) => (is ? "yes" : "no");
  const limit = (name: "memory" | "cpu" | "pids" | "disk") => HELD[found.limits[name]];
  return [
    [
      "driver",
      `${found.driver} (${found.isolation === "vm" ? "a kernel of its own" : "shares this machine's kernel"})`,
    ],
    ["own user for each sandbox", yes(found.ownUid)],
    ["system calls filtered", yes(found.seccomp)],
    ["memory held", limit("memory")],
    ["processor held", limit("cpu")],
    ["processes held", limit("pids")],
    ["disk held", limit("disk")],
    ["terminals", yes(found.terminals)],
    ["checkpoints", yes(found.checkpoints)],
    ["connections by list", yes(found.egress)],
  ];
}

/** How a limit is held. */
const HELD = {
  "cgroup-v2": "by the kernel (cgroup v2)",
  "cgroup-v1": "by the kernel (cgroup v1)",
  rlimit: "by the kernel, for each process (rlimit)",
  polling: "by looking and ending",
  none: "not at all",
} as const;
