// From a briefing and its ledger to what is shown of it: each block's exact text, the sections, and what changed since the
// agent's turn before.
import type { Briefing, BlockKind, Ledger, LedgerBlock } from "@acos/protocol";

/** The order in which the kinds are told (BLOCK_KINDS of the protocol). */
const KINDS = [
  "charter",
  "pinned",
  "summary",
  "message",
  "closing",
  "trigger",
  "step",
] as const satisfies readonly BlockKind[];

/** Blocks of one kind, in their order. */
export interface BlockSection {
  readonly kind: BlockKind;
  readonly blocks: readonly LedgerBlock[];
  /** Tokens of what is told of them. */
  readonly tokens: number;
}

/** The blocks by kind, in the order in which they are told; kinds without any are left out. */
export function sectionsOf({ blocks }: Pick<Ledger, "blocks">): readonly BlockSection[] {
  return KINDS.flatMap((kind) => {
    const own = blocks.filter((block) => block.kind === kind);
    if (own.length === 0) return [];
    return [{ kind, blocks: own, tokens: own.reduce((sum, block) => sum + toldTokens(block), 0) }];
  });
}

/** What a block costs: nothing where it is not told. */
export function toldTokens({ fate, tokens }: LedgerBlock): number {
  return fate === "left-out" ? 0 : tokens;
}

/** The exact text of a block; undefined where it is not told, or the briefing holds none of that name. */
export function textOfBlock(
  briefing: Briefing,
  { kind, of, fate }: LedgerBlock,
): string | undefined {
  if (fate === "left-out") return undefined;
  switch (kind) {
    case "charter":
      return briefing.charter;
    case "summary":
      return briefing.summary;
    case "closing":
      return briefing.closing;
    case "pinned":
      return briefing.pinned.find(({ message }) => message === of)?.text;
    case "message":
      return briefing.window.find(({ message }) => message === of)?.text;
    case "trigger":
      return briefing.trigger.text;
    case "step":
      return stepText(briefing.steps.find(({ turn }) => String(turn) === of));
    default:
      return kind satisfies never;
  }
}

function stepText(step: Briefing["steps"][number] | undefined): string | undefined {
  if (!step) return undefined;
  const calls = step.calls.map(
    ({ tool, arguments: given, result }) =>
      `${tool} ${JSON.stringify(given, null, 2)}\n${result.isError ? "failed:" : "answered:"}\n${result.text}`,
  );
  return [step.text, ...calls].filter((text) => text !== "").join("\n\n");
}

/** How a briefing differs from the one before, by the hashes of what is told. */
export interface Difference {
  /** Indexes of blocks that were not told before. */
  readonly added: ReadonlySet<number>;
  readonly same: number;
  /** Blocks of before that are not told any more. */
  readonly gone: readonly LedgerBlock[];
}

/** Compares two ledgers. A block that is told twice must have been told twice before to be the same twice. */
export function compareBlocks(
  now: readonly LedgerBlock[],
  before: readonly LedgerBlock[],
): Difference {
  const left = new Map<string, LedgerBlock[]>();
  for (const block of before)
    if (block.hash !== undefined) left.set(block.hash, [...(left.get(block.hash) ?? []), block]);
  const added = new Set<number>();
  let same = 0;
  for (const [index, { hash }] of now.entries()) {
    if (hash === undefined) continue;
    if (left.get(hash)?.shift() === undefined) added.add(index);
    else same += 1;
  }
  return { added, same, gone: [...left.values()].flat() };
}
