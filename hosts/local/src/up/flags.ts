// What the user asked `acos up` for: flags first, then environment names, then defaults.
import { isIP } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

import { UsageError } from "../usage-error.ts";

export interface UpFlags {
  /** 0 = any free port; the `ready` line tells which. */
  readonly port: number;
  readonly host: string;
  /** Absolute path of the folder that holds everything that lasts. */
  readonly dataFolder: string;
  readonly open: boolean;
  /** `provider/model`, where the user named one. */
  readonly model: string | undefined;
  readonly sandboxes: SandboxFlags;
  readonly help: boolean;
}

export interface SandboxFlags {
  /** False where the user wants none; whether this machine can have them is found out later. */
  readonly on: boolean;
  /** Kept ready, so that the next one starts at once. */
  readonly pool: number;
  /** Running at once, at most. */
  readonly max: number;
  /** What the sandboxes of one group may use together in a day; null is as much as they like. */
  readonly dayShares: {
    readonly cpuSeconds: number | null;
    readonly memoryGibHours: number | null;
    readonly egressMib: number | null;
  };
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORT = 8787;
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_DATA = ".acos";
/** A ready sandbox costs some 50 MB and saves 0.2 s. */
const DEFAULT_POOL = 1;
const DEFAULT_MAX_SANDBOXES = 20;
/** More than one machine holds; a number beyond it is a slip. */
const SANDBOXES_CEILING = 1_000;

/**
 * Reads the arguments after `up`. An empty environment value counts as unset.
 * Throws UsageError for anything it does not know; does not look at ports, folders or hosts themselves.
 */
export function parseUpFlags(
  args: readonly string[],
  environment: Environment,
  cwd: string,
): UpFlags {
  const given = parse(args);
  const named = (flag: string | undefined, variable: string) =>
    flag ?? (environment[variable] || undefined);
  return {
    port: portOf(named(given.port, "ACOS_PORT")),
    host: hostOf(named(given.host, "ACOS_HOST")),
    dataFolder: resolve(cwd, filled(named(given.data, "ACOS_DATA") ?? DEFAULT_DATA, "--data")),
    open: given.open ?? false,
    model: modelOf(named(given.model, "ACOS_MODEL")),
    sandboxes: {
      on: isOn(named(given.sandboxes, "ACOS_SANDBOXES")),
      pool: countOf("ACOS_SANDBOX_POOL", environment, { least: 0, unset: DEFAULT_POOL }),
      max: countOf("ACOS_SANDBOX_MAX", environment, { least: 1, unset: DEFAULT_MAX_SANDBOXES }),
      dayShares: {
        cpuSeconds: shareOf("ACOS_SANDBOX_DAY_CPU_SECONDS", environment),
        memoryGibHours: shareOf("ACOS_SANDBOX_DAY_MEMORY_GIB_HOURS", environment),
        egressMib: shareOf("ACOS_SANDBOX_DAY_EGRESS_MIB", environment),
      },
    },
    help: given.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      options: {
        port: { type: "string" },
        host: { type: "string" },
        data: { type: "string" },
        open: { type: "boolean" },
        model: { type: "string" },
        sandboxes: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    const text = error instanceof Error ? error.message.split(/\.\s/)[0] : String(error);
    throw new UsageError(`${text}. "acos up --help" lists the flags.`);
  }
}

function portOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535)
    throw new UsageError(
      `"${text}" is not a port. Give --port (or ACOS_PORT) a number from 0 to 65535.`,
    );
  return port;
}

function hostOf(text: string | undefined): string {
  const host = (text ?? DEFAULT_HOST).replace(/^\[(.*)\]$/, "$1");
  const name = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(host);
  if (isIP(host) === 0 && (!name || /^[\d.]+$/.test(host)))
    throw new UsageError(
      `"${text}" is not a host. Give --host (or ACOS_HOST) an address of this machine.`,
    );
  return host;
}

function modelOf(text: string | undefined): string | undefined {
  if (text !== undefined && !/^[a-z0-9-]+\/\S+$/.test(text))
    throw new UsageError(
      `"${text}" is not a model. Write --model (or ACOS_MODEL) as provider/model.`,
    );
  return text;
}

function isOn(text: string | undefined): boolean {
  if (text !== undefined && text !== "auto" && text !== "off")
    throw new UsageError(
      `"${text}" is neither "auto" nor "off". Give --sandboxes (or ACOS_SANDBOXES) one of them.`,
    );
  return text !== "off";
}

function countOf(
  variable: string,
  environment: Environment,
  { least, unset }: { readonly least: number; readonly unset: number },
): number {
  const text = environment[variable];
  if (!text) return unset;
  const count = /^\d{1,4}$/.test(text) ? Number(text) : -1;
  if (count < least || count > SANDBOXES_CEILING)
    throw new UsageError(
      `"${text}" is not a number of sandboxes. Give ${variable} one from ${least} to ${SANDBOXES_CEILING}.`,
    );
  return count;
}

function shareOf(variable: string, environment: Environment): number | null {
  const text = environment[variable];
  if (!text) return null;
  if (!/^\d{1,9}$/.test(text))
    throw new UsageError(
      `"${text}" is not a share of a day. Give ${variable} a whole number, or leave it out for no limit.`,
    );
  return Number(text);
}

function filled(text: string, flag: string): string {
  if (text.trim() === "")
    throw new UsageError(`${flag} is empty. Give it a value or leave it out.`);
  return text;
}
