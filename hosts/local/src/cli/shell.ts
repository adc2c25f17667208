// `acos shell`: a terminal in a sandbox on the user's own, byte for byte, until it ends or the user leaves it.
import type { Api } from "@acos/client";

import { RefusedStart, UsageError } from "../usage-error.ts";
import { parseArguments } from "./arguments.ts";
import { findGroup } from "./find-group.ts";
import { findSandbox, SANDBOX_OPTIONS } from "./find-sandbox.ts";
import { openSession } from "./session.ts";
import { screenSize, TerminalScreen } from "./terminal-screen.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "shell",
  usage: "acos shell GROUP [--sandbox NAME] [--create] [--cwd PATH] [--terminal ID]",
  options: { ...SANDBOX_OPTIONS, cwd: { type: "string" }, terminal: { type: "string" } },
  words: [1, 1],
} as const;

/** Answers the exit code of the shell, or 0 when the user left and it goes on. The user's own terminal is always put back. */
export async function shell(args: readonly string[], terminal: Terminal): Promise<number> {
  const given = parseArguments(args, SHAPE);
  const { input, errors } = terminal;
  if (input.isTTY !== true)
    throw new UsageError('"acos shell" needs a terminal. For scripts there is "acos exec".');
  const { api } = openSession(terminal);
  const group = await findGroup(api, given.words[0] ?? "");
  const ask = { group, named: given.text("sandbox"), create: given.on("create") };
  const { sandbox } = await findSandbox(api, ask, terminal);
  const cwd = given.text("cwd");
  const size = screenSize(terminal);
  const opened = given.text("terminal") ?? (await open(api, { group, sandbox, size, cwd }));
  errors.write(`Ctrl+] leaves; "acos shell … --terminal ${opened}" comes back.\r\n`);
  const screen = new TerminalScreen(terminal);
  try {
    const exit = await screen.show(() => urlOf(api, { group, sandbox, opened }));
    return exit === undefined ? 0 : (exit.code ?? 1);
  } finally {
    screen.close();
  }
}

interface Opening {
  readonly group: string;
  readonly sandbox: string;
  readonly size: { readonly cols: number; readonly rows: number };
  readonly cwd: string | undefined;
}

async function open(api: Api, { group, sandbox, size, cwd }: Opening): Promise<string> {
  const params = { id: group, sandbox };
  const body = { ...size, ...(cwd !== undefined && { cwd }) };
  return (await api.call("openTerminal", { params, body })).terminal;
}

interface Opened {
  readonly group: string;
  readonly sandbox: string;
  readonly opened: string;
}

/** Where the socket is; every connection needs a token of its own. Throws RefusedStart for a terminal that is not there. */
async function urlOf(api: Api, { group, sandbox, opened }: Opened): Promise<string> {
  const params = { id: group, sandbox };
  const { items } = await api.call("listTerminals", { params });
  if (!items.some(({ terminal }) => terminal === opened))
    throw new RefusedStart(
      `There is no terminal ${opened} in the sandbox: it has ended, or the sandbox was started anew.`,
    );
  const token = await api.call("createRoutingToken", { params: { id: group } });
  const inside = `/sandboxes/${sandbox}/terminals/${encodeURIComponent(opened)}`;
  return `${token.ws_url}${inside}?token=${encodeURIComponent(token.routing_token)}`;
}
