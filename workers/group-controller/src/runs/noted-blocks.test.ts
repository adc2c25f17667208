// What is stored of a ledger: little, and nothing that changes goes unseen.
import type { LedgerBlock } from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { noteOf } from "./noted-blocks.ts";

const message = (number: number, more: Partial<LedgerBlock> = {}): LedgerBlock => ({
  kind: "message",
  of: `msg_${number}`,
  fate: "kept",
  hash: String(number).padStart(64, "0"),
  tokens: number,
  ...more,
});
const charter: LedgerBlock = { kind: "charter", fate: "kept", hash: "c".repeat(64), tokens: 9 };
const many = Array.from({ length: 600 }, (_, index) => message(index));

describe("rows of a ledger", () => {
  it("[H12] stand for hundreds of messages in less than a kilobyte, with the same tokens", async () => {
    const rows = await noteOf([charter, ...many]);
    expect(JSON.stringify(rows).length).toBeLessThan(1_000);
    const tokens = (blocks: readonly LedgerBlock[]) =>
      blocks.reduce((sum, block) => sum + block.tokens, 0);
    expect(tokens(rows)).toBe(tokens([charter, ...many]));
  });

  it("[H12] keep blocks that are clipped, left out or alone as they are", async () => {
    const clipped = message(601, { fate: "clipped", reason: "long" });
    const gone: LedgerBlock = { kind: "message", fate: "left-out", reason: "old", tokens: 0 };
    const blocks = [gone, message(1), clipped, charter];
    expect(await noteOf(blocks)).toEqual(blocks);
    const rows = await noteOf([message(1), message(2), clipped, message(3), message(4)]);
    expect(rows.map(({ of }) => of)).toEqual(["msg_1", "msg_601", "msg_3"]);
  });

  it("[H12] change with the text, the id, the tokens, the number and the order of messages", async () => {
    const before = JSON.stringify(await noteOf(many));
    const others = [
      many.with(300, message(300, { hash: "f".repeat(64) })),
      many.with(300, message(300, { of: "msg_x" })),
      many.with(300, message(300, { tokens: 1 })),
      many.toSpliced(300, 1),
      many.with(300, many[301]!).with(301, many[300]!),
    ];
    for (const other of others) expect(JSON.stringify(await noteOf(other))).not.toBe(before);
    expect(JSON.stringify(await noteOf([...many]))).toBe(before);
  });
});
