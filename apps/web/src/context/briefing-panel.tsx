// What an agent was told for the turn that said a message: how much, what it cost, block by block, and what had changed
// since its turn before.
import type { LocalMessage } from "@acos/client";
import { useQuery } from "@tanstack/react-query";
import type { MessageView } from "@acos/protocol";
import type { JSX } from "react";

import { nameOf } from "../group/people.ts";
import { PanelWaits } from "../group/side-panel.tsx";
import { useStillView } from "../group/use-group.ts";
import { reasonOf } from "../queries.ts";
import { ProblemNote } from "../ui/field.tsx";
import { words } from "../words.ts";
import { compareBlocks } from "./briefing-blocks.ts";
import { BlockList, GoneBlocks } from "./briefing-list.tsx";
import { briefingQuery, turnBeforeQuery, turnQuery } from "./briefing-query.ts";
import { BriefingTotals } from "./briefing-totals.tsx";

interface BriefingPanelProps {
  readonly group: string;
  readonly message: MessageView;
}

export function BriefingPanel({ group, message }: BriefingPanelProps): JSX.Element {
  const view = useStillView();
  const held: LocalMessage = view.messages.get(message.message) ?? message;
  const place = useQuery(turnQuery(group, held));
  const told = useQuery(briefingQuery(group, place.data));
  const placeBefore = useQuery(turnBeforeQuery(group, view, place.data));
  const before = useQuery(briefingQuery(group, placeBefore.data));
  const error = place.error ?? told.error;
  if (error) return <Problem text={reasonOf(error)} />;
  if (place.data === null) return <Problem text={words.briefing.noTurn} />;
  if (!told.data || !place.data) return <PanelWaits>{words.briefing.waiting}</PanelWaits>;
  const { ledger } = told.data;
  const difference = before.data && compareBlocks(ledger.blocks, before.data.ledger.blocks);
  return (
    <div className="flex flex-col gap-5 px-4 py-4">
      <h3 className="text-small font-medium">
        {words.briefing.of(nameOf(view, message.by), place.data.turn)}
      </h3>
      {!ledger.exact && (
        <p className="rounded-md bg-warn-soft px-3 py-2 text-small text-warn">
          {words.briefing.inexact}
        </p>
      )}
      <BriefingTotals ledger={ledger} />
      <section className="flex flex-col gap-1">
        <h4 className="text-tiny font-medium text-ink-soft">{words.briefing.difference}</h4>
        {placeBefore.data === null && <p className="text-small">{words.briefing.first}</p>}
        {(placeBefore.error ?? before.error) && (
          <ProblemNote>{reasonOf(placeBefore.error ?? before.error)}</ProblemNote>
        )}
        {difference && (
          <p className="text-small">
            {words.briefing.compared(
              difference.added.size,
              difference.same,
              difference.gone.length,
            )}
          </p>
        )}
        {difference && before.data && difference.gone.length > 0 && (
          <GoneBlocks briefing={before.data} blocks={difference.gone} />
        )}
      </section>
      <BlockList briefing={told.data} ledger={ledger} added={difference?.added} />
      <p className="text-tiny text-ink-soft">{words.briefing.instructions}</p>
    </div>
  );
}

function Problem({ text }: { text: string }): JSX.Element {
  return (
    <div className="p-4">
      <ProblemNote>{text}</ProblemNote>
    </div>
  );
}
