// read_process, write_process and stop_process: what goes on in the background.
import { setTimeout as wait } from "node:timers/promises";

import type { OwnedProcess } from "../processes/owned-process.ts";
import { outputAfter } from "./output-text.ts";
import { exitWords } from "./run-command.ts";
import type { ToolWork } from "./tool.ts";

/** New output often comes in several pieces; a moment more gets them together. */
const SETTLE_MS = 150;

export const readProcess: ToolWork<"read_process"> = async (given, { processes, signal }) => {
  const owned = processes.get(given.process);
  if (given.waitSeconds > 0) await somethingNew(owned, given.from, signal, given.waitSeconds);
  signal.throwIfAborted();
  const { text, upTo, more } = outputAfter(owned.log, given.from);
  const next = more
    ? `There is more: read_process process=${owned.id} from=${upTo}.`
    : owned.exit === undefined
      ? `To read on: read_process process=${owned.id} from=${upTo} waitSeconds=30.`
      : "That is all of it.";
  const output = text === "" ? "Nothing new." : text;
  return { text: `${stateWords(owned)}\n${output}\n[${next}]` };
};

export const writeProcess: ToolWork<"write_process"> = async (given, { processes }) => {
  const owned = processes.get(given.process);
  const from = owned.log.last;
  owned.write(Buffer.from(given.input), given.close);
  const closed = given.close ? " and closed its input" : "";
  return {
    text: `Wrote ${Buffer.byteLength(given.input)} bytes to ${owned.id}${closed}. Its answer: read_process process=${owned.id} from=${from} waitSeconds=10.`,
  };
};

export const stopProcess: ToolWork<"stop_process"> = async (given, { processes }) => {
  const owned = processes.get(given.process);
  const ran = owned.exit === undefined;
  await owned.end();
  return {
    text: ran
      ? `Ended ${owned.id} and all it had started. ${stateWords(owned)}`
      : `${owned.id} had ended already. ${stateWords(owned)} What it left running is ended too.`,
  };
};

async function somethingNew(
  owned: OwnedProcess,
  from: number,
  cancelled: AbortSignal,
  seconds: number,
): Promise<void> {
  const until = AbortSignal.any([cancelled, AbortSignal.timeout(seconds * 1_000)]);
  while (!until.aborted && !owned.log.ended && owned.log.next({ seq: from }) === undefined)
    await owned.log.change(until);
  if (!owned.log.ended) await wait(SETTLE_MS);
}

function stateWords({ id, exit, command }: OwnedProcess): string {
  const shown = command.length > 200 ? `${command.slice(0, 200)}…` : command;
  return exit === undefined
    ? `${id} runs: ${shown}`
    : `${id}: ${exitWords(exit)}. It ran: ${shown}`;
}
