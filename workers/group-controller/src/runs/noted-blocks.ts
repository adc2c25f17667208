// What is stored of a turn's ledger. Hundreds of messages of the window are told turn after turn: noted one by one with their
// hashes they would take more room than the log itself, so one row with one hash stands for all that are told as they are.
import type { LedgerBlock } from "@acos/protocol";
import { sha256Hex } from "@acos/trust";

/**
 * The rows that are stored of blocks: the same blocks give the same rows, and any change of a block changes them. Messages in
 * a row that are told whole are one; its hash is over theirs and their ids.
 */
export async function noteOf(blocks: readonly LedgerBlock[]): Promise<readonly LedgerBlock[]> {
  const rows: LedgerBlock[] = [];
  for (let at = 0; at < blocks.length;) {
    const block = blocks[at]!;
    const other = isPlain(block)
      ? blocks.findIndex((each, to) => to > at && !isPlain(each))
      : at + 1;
    const end = other < 0 ? blocks.length : other;
    rows.push(end - at > 1 ? await together(blocks.slice(at, end)) : block);
    at = end;
  }
  return rows;
}

/** A message that is told as it is: its text and its place say all of it. */
function isPlain({ kind, fate, reason }: LedgerBlock): boolean {
  return kind === "message" && fate === "kept" && reason === undefined;
}

async function together(blocks: readonly LedgerBlock[]): Promise<LedgerBlock> {
  const names = blocks.map(({ of, hash, tokens }) => `${of} ${hash} ${tokens}`).join("\n");
  const [first, last] = [blocks[0]!, blocks.at(-1)!];
  return {
    kind: "message",
    ...(first.of !== undefined && { of: first.of }),
    fate: "kept",
    reason: `the first of ${blocks.length} messages, up to ${last.of}`,
    hash: await sha256Hex(names),
    tokens: blocks.reduce((sum, { tokens }) => sum + tokens, 0),
  };
}
