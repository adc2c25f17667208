// The blocks of a briefing by kind, in the order in which they were told; each opens to its exact text.
import type { Briefing, Ledger, LedgerBlock, MessageId } from "@acos/protocol";
import type { LocalView } from "@acos/client";
import { useState, type JSX, type ReactNode } from "react";

import { useGroupNavigation } from "../group/group-navigation.ts";
import { nameOf } from "../group/people.ts";
import { useStillView } from "../group/use-group.ts";
import { Badge } from "../ui/badge.tsx";
import { Icon } from "../ui/icon.tsx";
import { words } from "../words.ts";
import { sectionsOf, textOfBlock, toldTokens, type BlockSection } from "./briefing-blocks.ts";

/** A section with more blocks than this is folded at first. */
const OPEN_BLOCKS_MAX = 3;

interface BlockListProps {
  readonly briefing: Briefing;
  readonly ledger: Ledger;
  /** Indexes of blocks that are new; undefined where nothing is known to compare with. */
  readonly added: ReadonlySet<number> | undefined;
}

export function BlockList({ briefing, ledger, added }: BlockListProps): JSX.Element {
  const fresh = new Set(ledger.blocks.filter((_block, index) => added?.has(index)));
  const most = Math.max(1, ...ledger.blocks.map(toldTokens));
  return (
    <ol className="flex flex-col gap-4">
      {sectionsOf(ledger).map((section) => (
        <Section key={section.kind} section={section}>
          {section.blocks.map((block, index) => (
            <BlockRow
              key={`${block.of} ${index}`}
              briefing={briefing}
              block={block}
              share={toldTokens(block) / most}
              isNew={fresh.has(block)}
            />
          ))}
        </Section>
      ))}
    </ol>
  );
}

/** What the turn before was told and this one was not. */
export function GoneBlocks(props: {
  readonly briefing: Briefing;
  readonly blocks: readonly LedgerBlock[];
}): JSX.Element {
  const { briefing, blocks } = props;
  return (
    <details className="text-small">
      <summary className="w-fit rounded text-ink-soft">{words.briefing.gone}</summary>
      <ul className="mt-1 flex flex-col">
        {blocks.map((block, index) => (
          <BlockRow key={`${block.hash} ${index}`} briefing={briefing} block={block} share={0} />
        ))}
      </ul>
    </details>
  );
}

function Section({ section, children }: { section: BlockSection; children: ReactNode }) {
  const { kind, blocks, tokens } = section;
  return (
    <li>
      <details className="group/section" open={blocks.length <= OPEN_BLOCKS_MAX}>
        <summary className="flex list-none items-baseline gap-2 rounded py-0.5 text-small font-medium [&::-webkit-details-marker]:hidden">
          <span className="self-center text-ink-soft transition-transform group-open/section:rotate-90">
            <Icon name="right" size={13} />
          </span>
          <span>{words.briefing.kinds[kind]}</span>
          <span className="ml-auto text-tiny font-normal text-ink-soft tabular-nums">
            {words.briefing.section(blocks.length, tokens)}
          </span>
        </summary>
        <ul className="flex flex-col">{children}</ul>
      </details>
    </li>
  );
}

interface BlockRowProps {
  readonly briefing: Briefing;
  readonly block: LedgerBlock;
  /** Of the largest block's tokens. */
  readonly share: number;
  readonly isNew?: boolean;
}

function BlockRow({ briefing, block, share, isNew = false }: BlockRowProps): JSX.Element {
  const view = useStillView();
  const [open, setOpen] = useState(false);
  const { fate, reason, tokens } = block;
  return (
    <li>
      <details
        className="group/block"
        onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
      >
        <summary className="flex list-none flex-col gap-1 rounded-md py-1.5 pr-1 pl-5 hover:bg-hover [&::-webkit-details-marker]:hidden">
          <span className="flex flex-wrap items-baseline gap-x-2 text-small">
            <span className="min-w-0 truncate">{labelOf(view, block)}</span>
            {isNew && <Badge tone="accent">{words.briefing.isNew}</Badge>}
            {fate !== "kept" && <Badge tone="warn">{words.briefing.fates[fate]}</Badge>}
            <span className="ml-auto text-tiny text-ink-soft tabular-nums">{tokens}</span>
          </span>
          {reason !== undefined && <span className="text-tiny text-ink-soft">{reason}</span>}
          <span aria-hidden className="block h-0.5 overflow-hidden rounded-full bg-line">
            <span className="block h-full bg-accent" style={{ width: `${share * 100}%` }} />
          </span>
        </summary>
        {open && <BlockText briefing={briefing} block={block} />}
      </details>
    </li>
  );
}

function BlockText({ briefing, block }: { briefing: Briefing; block: LedgerBlock }): JSX.Element {
  const { jump } = useGroupNavigation();
  const text = textOfBlock(briefing, block);
  const { fate, of } = block;
  const silent = fate === "left-out" ? words.briefing.leftOut : words.briefing.noText;
  return (
    <div className="flex flex-col items-start gap-1.5 pb-2 pl-5">
      {text === undefined ? (
        <p className="text-tiny text-ink-soft">{silent}</p>
      ) : (
        <pre
          tabIndex={0}
          className="max-h-96 w-full overflow-auto rounded-md bg-sunken p-2.5 font-mono text-tiny [overflow-wrap:anywhere] whitespace-pre-wrap"
        >
          {text}
        </pre>
      )}
      {isMessageId(of) && (
        <button
          type="button"
          className="rounded text-tiny text-accent underline underline-offset-2"
          onClick={() => jump({ message: of })}
        >
          {words.briefing.jump}
        </button>
      )}
    </div>
  );
}

function isMessageId(of: string | undefined): of is MessageId {
  return of?.startsWith("msg_") ?? false;
}

/** What a block is called: its kind, or whose message it is where that is held here. */
function labelOf(view: LocalView, { kind, of }: LedgerBlock): string {
  if (kind === "step") return words.briefing.step(of ?? "");
  if (!isMessageId(of)) return words.briefing.kinds[kind];
  const message = view.messages.get(of);
  if (!message) return words.briefing.unknownMessage;
  return words.briefing.message(nameOf(view, message.by), message.seq);
}
