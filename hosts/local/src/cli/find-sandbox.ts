// From what a person calls a sandbox to the sandbox: its name or id, the only one there is, or a new one if they say so.
import { createInterface } from "node:readline/promises";

import type { Api } from "@acos/client";
import type { SandboxView } from "@acos/protocol";

import { RefusedStart } from "../usage-error.ts";
import { plainLine } from "./plain-text.ts";
import type { Terminal } from "./terminal.ts";

/** Options of every verb that works in a sandbox. */
export const SANDBOX_OPTIONS = {
  sandbox: { type: "string" },
  create: { type: "boolean" },
} as const;

export interface SandboxAsk {
  readonly group: string;
  /** Name or id; left out where there is one. */
  readonly named: string | undefined;
  /** Make it without asking. */
  readonly create: boolean;
}

/** All sandboxes of a group. Looking starts none. */
export async function listSandboxes(api: Api, group: string): Promise<readonly SandboxView[]> {
  return (await api.call("listSandboxes", { params: { id: group } })).items;
}

/**
 * Answers the sandbox that is meant. Where there is none it is made, with `create` or after a yes on a terminal. Throws
 * RefusedStart with what there is, or what to do.
 */
export async function findSandbox(
  api: Api,
  ask: SandboxAsk,
  terminal: Terminal,
): Promise<SandboxView> {
  const { group, named, create } = ask;
  const all = await listSandboxes(api, group);
  const fits = ({ sandbox, name }: SandboxView) =>
    named === undefined || sandbox === named || name.toLowerCase() === named.toLowerCase();
  const [found, ...more] = all.filter(fits);
  if (found && more.length === 0) return found;
  const known = all.map(({ name }) => plainLine(name)).join(", ");
  if (found)
    throw new RefusedStart(`Say which sandbox it is, with --sandbox and a name: ${known}.`);
  if (!create && !(await isWanted(named, known, terminal))) {
    const which = named === undefined ? "" : ` named "${named}"`;
    const others = known === "" ? "" : ` There are: ${known}.`;
    throw new RefusedStart(
      `There is no sandbox${which} in this group.${others} Make one with --create.`,
    );
  }
  const body = named === undefined ? {} : { name: named };
  return api.call("createSandbox", { params: { id: group }, body });
}

/** Asks where somebody can answer; a script is told what to do and nothing is made. */
async function isWanted(
  named: string | undefined,
  known: string,
  { input, output, errors }: Terminal,
): Promise<boolean> {
  if (input.isTTY !== true || output.isTTY !== true) return false;
  const which = named === undefined ? "" : ` named "${named}"`;
  const others = known === "" ? "yet" : `(there are: ${known})`;
  const lines = createInterface({ input, output: errors });
  try {
    const said = await lines.question(`There is no sandbox${which} ${others}. Make one? [y/N] `);
    return /^y(es)?$/i.test(said.trim());
  } finally {
    lines.close();
  }
}
