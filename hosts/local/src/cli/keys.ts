// `acos keys`: which keys are at work, and the exchange of each, at the launcher that serves this machine's data folder.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import type { CareReport } from "@acos/protocol";

import { RefusedStart, UsageError } from "../usage-error.ts";
import { CONTROL_FILE } from "../up/control-server.ts";
import { ROTATIONS } from "../up/rotate-keys.ts";
import { parseArguments } from "./arguments.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "keys",
  usage: "acos keys [rotate ca|master|data] [--data PATH]",
  options: { data: { type: "string" } },
  words: [0, 2],
} as const;

/** Writes what is at work, or exchanges a key and writes what is so then. Throws RefusedStart when nobody serves the folder. */
export async function keys(args: readonly string[], terminal: Terminal): Promise<void> {
  const { words, text } = parseArguments(args, SHAPE);
  const folder = resolve(text("data") ?? (terminal.environment["ACOS_DATA"] || ".acos"));
  const [verb, named] = words;
  if (verb === undefined) {
    terminal.output.write(linesOf(await ask(folder, "GET", "/keys")));
    return;
  }
  const kind = ROTATIONS.find((each) => each === named);
  if (verb !== "rotate" || kind === undefined)
    throw new UsageError(`"${words.join(" ")}" is nothing to do with keys. Usage: ${SHAPE.usage}`);
  const done = await ask<{ message: string }>(folder, "POST", `/keys/${kind}/rotate`);
  terminal.output.write(`${done.message}\n`);
}

function linesOf({ signing, kek, left }: CareReport): string {
  const rest = left === 0 ? "everything sealed is under it" : `${left} records still to be moved`;
  return `CA key      ${signing} signs\nmaster key  ${kek} seals; ${rest}\n`;
}

async function ask<T>(folder: string, method: "GET" | "POST", path: string): Promise<T> {
  const { port, secret } = doorOf(folder);
  const url = `http://127.0.0.1:${port}${path}`;
  const answer = await fetch(url, { method, headers: { "acos-inner-secret": secret } }).catch(
    () => {
      throw nobody(folder);
    },
  );
  if (answer.status === 403) throw nobody(folder);
  const body = (await answer.json()) as T & { message?: string };
  if (!answer.ok) throw new RefusedStart(body.message ?? `The launcher answered ${answer.status}.`);
  return body;
}

function doorOf(folder: string): { port: number; secret: string } {
  try {
    const text = readFileSync(join(folder, CONTROL_FILE), "utf8");
    return JSON.parse(text) as { port: number; secret: string };
  } catch {
    // No file, or none of ours: either way nobody serves this folder.
    throw nobody(folder);
  }
}

function nobody(folder: string): RefusedStart {
  return new RefusedStart(
    `No acos serves ${folder}. Start it first (keys are exchanged while it runs), or name its folder with --data.`,
  );
}
