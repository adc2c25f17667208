// start_server: a command in the background, waited for until a port of its own listens.
import { setTimeout as wait } from "node:timers/promises";

import { listeningPorts, socketOwners } from "../ports/listening-ports.ts";
import type { OwnedProcess } from "../processes/owned-process.ts";
import { pidsOf } from "../processes/process-tree.ts";
import { resolvePath } from "../files/paths.ts";
import { outputAfter } from "./output-text.ts";
import { exitWords } from "./run-command.ts";
import type { ToolWork } from "./tool.ts";

const LOOK_MS = 150;
/** Of a server's output at its start. */
const OUTPUT_CHARS = 4_000;

export const startServer: ToolWork<"start_server"> = async (given, context) => {
  const { environment, processes, signal, told, run } = context;
  const { command, cwd = ".", port } = given;
  const owned = await processes.start({ command, cwd, background: true, timeoutMs: 0 });
  const description = await told.lineFor(
    environment.place,
    run,
    resolvePath(environment.place, cwd),
  );
  const found = await untilListening(owned, { signal, port, seconds: given.waitSeconds });
  if (signal.aborted) await owned.end();
  signal.throwIfAborted();
  const output = outputAfter(owned.log, 0).text.slice(-OUTPUT_CHARS);
  const tail = `${output === "" ? "" : `\n${output}`}${description}`;
  if (found !== undefined)
    return {
      text: `Process ${owned.id} listens on port ${found}. Members can look at it; preview asks it, stop_process ends it.${tail}`,
      port: found,
    };
  if (owned.exit !== undefined)
    return { isError: true, text: `${exitWords(owned.exit)} before it listened on a port.${tail}` };
  return {
    isError: true,
    text: `Process ${owned.id} runs, but ${port === undefined ? "no port of it listens" : `port ${port} of it does not listen`} after ${given.waitSeconds} seconds${takenWords(port)}. Read on with read_process, or end it with stop_process.${tail}`,
  };
};

interface Waiting {
  readonly signal: AbortSignal;
  readonly port: number | undefined;
  readonly seconds: number;
}

async function untilListening(
  owned: OwnedProcess,
  { signal, port, seconds }: Waiting,
): Promise<number | undefined> {
  const deadline = performance.now() + seconds * 1_000;
  do {
    const found = portsOf(owned).find((it) => port === undefined || it === port);
    if (found !== undefined) return found;
    await wait(LOOK_MS);
  } while (performance.now() < deadline && owned.exit === undefined && !signal.aborted);
  return portsOf(owned).find((it) => port === undefined || it === port);
}

function portsOf(owned: OwnedProcess): number[] {
  const inodes = socketOwners(pidsOf(owned.tree));
  return listeningPorts()
    .filter((found) => found.inodes.some((inode) => inodes.has(inode)))
    .map((found) => found.port);
}

function takenWords(port: number | undefined): string {
  const taken = port !== undefined && listeningPorts().some((found) => found.port === port);
  return taken ? " (another process listens there already: end it, or choose another port)" : "";
}
