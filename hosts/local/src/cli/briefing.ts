// `acos briefing`: what an agent was told for one turn of a run, block by block, and why each was kept, clipped or left out.
import type { LedgerBlock, Usage } from "@acos/protocol";

import { RefusedStart, UsageError } from "../usage-error.ts";
import { parseArguments } from "./arguments.ts";
import { inColumns } from "./columns.ts";
import { findGroup } from "./find-group.ts";
import { plainLine } from "./plain-text.ts";
import { openSession, type Session } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "briefing",
  usage: "acos briefing GROUP RUN [TURN] [--json]",
  options: { json: { type: "boolean" } },
  words: [2, 3],
} as const;

/** Writes the ledger of a turn as a table, of the run's last turn where none is named; with `--json` the whole briefing. */
export async function briefing(args: readonly string[], terminal: Terminal): Promise<void> {
  const given = parseArguments(args, SHAPE);
  const [named = "", run = "", turn] = given.words;
  if (turn !== undefined && !/^[1-9]\d{0,5}$/.test(turn))
    throw new UsageError(`"${turn}" is not a turn: they are counted from 1. Usage: ${SHAPE.usage}`);
  const { api } = openSession(terminal);
  const id = await findGroup(api, named);
  const n = turn === undefined ? await lastTurnOf(api, { id, run }) : Number(turn);
  const told = await api.call("getBriefing", { params: { id, run, n } });
  if (given.on("json")) {
    terminal.output.write(`${JSON.stringify(told)}\n`);
    return;
  }
  const { blocks, tokens, usage, cost, exact } = told.ledger;
  terminal.output.write(inColumns([HEADER, ...blocks.map(cellsOf)], [3]));
  terminal.output.write(`\nTurn ${n}: ${tokens} tokens estimated${reported(usage, cost)}\n`);
  if (!exact) terminal.output.write(NOT_EXACT);
}

const NOT_EXACT =
  "The text that was rebuilt from the log is not, byte for byte, what was told then.\n";
const HEADER = ["block", "of", "fate", "tokens", "why"];

function cellsOf({ kind, of = "", fate, tokens, reason = "" }: LedgerBlock): string[] {
  return [kind, plainLine(of), fate, String(tokens), plainLine(reason)];
}

function reported(usage: Usage | undefined, cost: number | undefined): string {
  if (!usage) return "; the provider has reported nothing yet";
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  const price = cost ? `, $${cost.toFixed(4)}` : "";
  return `; reported ${inputTokens} in (${cacheReadTokens} from the cache, ${cacheWriteTokens} into it), ${outputTokens} out${price}`;
}

async function lastTurnOf(
  api: Session["api"],
  of: { readonly id: string; readonly run: string },
): Promise<number> {
  const { turns } = await api.call("getRun", { params: of });
  const last = turns.at(-1)?.turn;
  if (last !== undefined) return last;
  throw new RefusedStart("This run has no turn yet: nothing was told.");
}
