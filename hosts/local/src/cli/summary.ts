// `acos summary`: what a group's history came to, as its briefings tell it; with --make a new one is asked for.
import { randomUUID } from "node:crypto";

import type { SummaryView } from "@acos/protocol";

import { parseArguments } from "./arguments.ts";
import { findGroup } from "./find-group.ts";
import { minuteOf } from "./moment.ts";
import { plainLine } from "./plain-text.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "summary",
  usage: "acos summary GROUP [--make] [--json]",
  options: { make: { type: "boolean" }, json: { type: "boolean" } },
  words: [1, 1],
} as const;

/** Writes the newest summary, or asks for one and writes where in the log that was asked. */
export async function summary(args: readonly string[], terminal: Terminal): Promise<void> {
  const given = parseArguments(args, SHAPE);
  const { api } = openSession(terminal);
  const id = await findGroup(api, given.words[0] ?? "");
  if (given.on("make")) {
    const body = { id: randomUUID(), command: { kind: "summary-ask" as const } };
    const { seq } = await api.call("giveCommand", { params: { id }, body });
    terminal.output.write(`Asked for at #${seq}. "acos summary" shows it once it is made.\n`);
    return;
  }
  const { items } = await api.call("listSummaries", { params: { id }, query: { limit: 1 } });
  const [newest] = items;
  if (given.on("json")) terminal.output.write(`${JSON.stringify(newest ?? null)}\n`);
  else terminal.output.write(newest ? textOf(newest) : NONE);
}

const NONE =
  "There is no summary yet: one is made when the group has said enough, or with --make.\n";

function textOf({ version, upTo, at, model, by, sections }: SummaryView): string {
  const maker = by === undefined ? ` by ${plainLine(model ?? "a model")}` : " by a member";
  const told = sections
    .filter(({ bullets }) => bullets.length > 0)
    .map(({ section, bullets }) => {
      const lines = bullets.map(({ text }) => `- ${plainLine(text)}\n`).join("");
      return `\n${section}\n${lines}`;
    });
  return `Summary ${version}, of everything up to #${upTo}, made ${minuteOf(at)}${maker}\n${told.join("")}`;
}
