// How much was told for a turn: tokens, what of them the provider had in its cache, and what it cost.
import type { Ledger, Usage } from "@acos/protocol";
import type { JSX } from "react";

import { words } from "../words.ts";

export function BriefingTotals({ ledger }: { ledger: Ledger }): JSX.Element {
  const { usage, cost, tokens } = ledger;
  const { briefing: says } = words;
  return (
    <div className="flex flex-col gap-2.5">
      <p className="text-lg font-semibold tracking-tight tabular-nums">
        {says.tokens(usage?.inputTokens ?? tokens)}
        {!usage && <span className="text-small font-normal text-ink-soft"> {says.estimated}</span>}
      </p>
      {usage ? (
        <>
          <CacheBar usage={usage} />
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-0.5 text-small">
            <Row name={says.cacheRead} value={shareOf(usage, usage.cacheReadTokens)} />
            <Row name={says.cacheWrite} value={shareOf(usage, usage.cacheWriteTokens)} />
            <Row name={says.output} value={says.tokens(usage.outputTokens)} />
            {cost !== undefined && <Row name={says.cost} value={says.money(cost)} />}
            <Row name={says.blocksBelow} value={says.tokens(tokens)} />
          </dl>
        </>
      ) : (
        <p className="text-small text-ink-soft">{says.notEnded}</p>
      )}
    </div>
  );
}

function shareOf({ inputTokens }: Usage, tokens: number): string {
  return words.briefing.share(tokens, inputTokens === 0 ? 0 : tokens / inputTokens);
}

function Row({ name, value }: { name: string; value: string }): JSX.Element {
  return (
    <>
      <dt className="text-ink-soft first-letter:uppercase">{name}</dt>
      <dd className="text-right tabular-nums">{value}</dd>
    </>
  );
}

/** Read from cache, written to it, and the rest, as parts of one bar; the numbers below say it in words. */
function CacheBar({ usage }: { usage: Usage }): JSX.Element {
  const { inputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  const width = (tokens: number): string =>
    `${inputTokens === 0 ? 0 : Math.min(100, (tokens / inputTokens) * 100)}%`;
  return (
    <div aria-hidden className="flex h-1.5 overflow-hidden rounded-full bg-line">
      <span className="bg-accent" style={{ width: width(cacheReadTokens) }} />
      <span className="bg-warn" style={{ width: width(cacheWriteTokens) }} />
    </div>
  );
}
