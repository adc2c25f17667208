// Rows that are not in the log yet: a message on its way, a draft that streams, an agent that thinks.
import type { Draft, LocalRun, PendingCommand } from "@acos/client";
import type { MemberId } from "@acos/protocol";
import type { JSX } from "react";

import { Button } from "../ui/button.tsx";
import { words } from "../words.ts";
import { GrowingMarkdown, MarkdownText } from "./markdown.tsx";
import { Reasoning } from "./message-row.tsx";
import { modelOf, nameOf } from "./people.ts";
import { RowFrame } from "./row-frame.tsx";
import { textOf } from "./text-of.ts";
import { useOpenConnection, useStillView } from "./use-group.ts";

interface DraftRowProps {
  readonly draft: Draft;
  readonly run: LocalRun | undefined;
  readonly head: boolean;
}

export function DraftRow({ draft, run, head }: DraftRowProps): JSX.Element {
  const view = useStillView();
  const model = modelOf(view, draft.by, run);
  return (
    <RowFrame by={draft.by} head={head} at={run?.startedAt} model={model}>
      <div className="flex flex-col gap-2" aria-busy="true">
        {draft.parts.map((part, index) =>
          part.kind === "reasoning" ? (
            <Reasoning key={index} text={part.text} />
          ) : (
            <GrowingMarkdown key={index} text={part.text} />
          ),
        )}
      </div>
    </RowFrame>
  );
}

export function ThinkingRow({
  run,
  by,
  head,
}: {
  run: LocalRun;
  by: MemberId;
  head: boolean;
}): JSX.Element {
  const view = useStillView();
  return (
    <RowFrame by={by} head={head} at={run.startedAt} model={modelOf(view, by, run)}>
      <p
        role="img"
        className="flex h-6 items-center gap-1"
        aria-label={`${nameOf(view, by)} ${words.run.state.running}`}
      >
        <Dot delay="" />
        <Dot delay="[animation-delay:0.2s]" />
        <Dot delay="[animation-delay:0.4s]" />
      </p>
    </RowFrame>
  );
}

function Dot({ delay }: { delay: string }): JSX.Element {
  return <span className={`size-1.5 animate-breathe rounded-full bg-ink-soft ${delay}`} />;
}

interface PendingRowProps {
  readonly pending: PendingCommand;
  readonly by: MemberId;
  readonly head: boolean;
  /** Contract: called with the text of a refused message that a person wants to change. */
  readonly onAgain: (text: string) => void;
}

export function PendingRow({ pending, by, head, onAgain }: PendingRowProps): JSX.Element | null {
  const connection = useOpenConnection();
  if (pending.command.kind !== "message-post") return null;
  const text = textOf(pending.command.parts);
  const refused = pending.state === "refused";
  return (
    <RowFrame by={by} head={head} at={pending.at}>
      <div className={refused ? "" : "opacity-60"}>
        <MarkdownText text={text} mentions={[]} />
      </div>
      {refused && (
        <div role="alert" className="mt-1 flex flex-wrap items-center gap-2 text-small text-danger">
          <span>
            {words.message.refused} {pending.problem?.message}
          </span>
          <Button
            onClick={() => {
              connection.dismiss(pending.id);
              onAgain(text);
            }}
          >
            {words.message.again}
          </Button>
          <Button weight="plain" onClick={() => connection.dismiss(pending.id)}>
            {words.message.discard}
          </Button>
        </div>
      )}
    </RowFrame>
  );
}
