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
  readonly help: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORT = 8787;
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_DATA = ".acos";

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

function filled(text: string, flag: string): string {
  if (text.trim() === "")
    throw new UsageError(`${flag} is empty. Give it a value or leave it out.`);
  return text;
}
