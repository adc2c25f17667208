// The group's summary: what it says now and on what it rests, making one, writing it anew, what it was before; and which
// messages members pinned or keep out.
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import type { SummaryView } from "@acos/protocol";
import { useState, type JSX } from "react";

import { selfOf } from "../group/people.ts";
import { PanelWaits } from "../group/side-panel.tsx";
import { useOpenConnection, useStillView } from "../group/use-group.ts";
import { reasonOf } from "../queries.ts";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { words } from "../words.ts";
import { NOTHING } from "./summary-draft.ts";
import { PinList } from "./pin-list.tsx";
import { summariesQuery } from "./summary-query.ts";
import { SummaryEditor } from "./summary-editor.tsx";
import { SummaryText } from "./summary-text.tsx";
import { SummaryVersions } from "./summary-versions.tsx";

type Written = Pick<SummaryView, "version" | "sections">;

const UNWRITTEN: Written = { version: 0, sections: NOTHING };

export function SummaryPanel({ group }: { group: string }): JSX.Element {
  const { summary } = useStillView();
  const list = useInfiniteQuery(summariesQuery(group, summary?.version ?? 0));
  const [editing, setEditing] = useState<Written>();
  const [current, ...earlier] = list.data?.pages.flatMap(({ items }) => items) ?? [];
  if (editing)
    return (
      <SummaryEditor
        before={editing.sections}
        moved={list.data !== undefined && (current?.version ?? 0) !== editing.version}
        onDone={() => setEditing(undefined)}
      />
    );
  return (
    <div className="flex flex-col gap-5 px-4 py-4">
      {list.error && <ProblemNote>{reasonOf(list.error)}</ProblemNote>}
      {list.isPending && <PanelWaits>{words.loading}</PanelWaits>}
      {list.data && !current && <NoSummary />}
      {current && <SummaryText summary={current} />}
      {list.data && (
        <Asking written={current !== undefined} onEdit={() => setEditing(current ?? UNWRITTEN)} />
      )}
      {earlier.length > 0 && (
        <SummaryVersions
          summaries={earlier}
          onMore={list.hasNextPage ? () => void list.fetchNextPage() : undefined}
        />
      )}
      <PinList group={group} />
    </div>
  );
}

function NoSummary(): JSX.Element {
  return (
    <div className="flex flex-col gap-1 text-small">
      <p>{words.summary.none}</p>
      <p className="text-ink-soft">{words.summary.noneHint}</p>
    </div>
  );
}

interface AskingProps {
  /** Whether there is a summary. */
  readonly written: boolean;
  readonly onEdit: () => void;
}

/** Asking for a summary and writing it, with what came of the last asking. */
function Asking({ written, onEdit }: AskingProps): JSX.Element | null {
  const connection = useOpenConnection();
  const view = useStillView();
  const { summary: says } = words;
  const ask = useMutation({ mutationFn: () => connection.send({ kind: "summary-ask" }) });
  if ((selfOf(view)?.role ?? "viewer") === "viewer") return null;
  const { making = false, refused } = view.summary ?? {};
  return (
    <div className="flex flex-col gap-2.5">
      <div className="flex flex-wrap gap-2">
        <Button disabled={making || ask.isPending} onClick={() => ask.mutate()}>
          {says.ask}
        </Button>
        <Button onClick={onEdit}>{written ? says.edit : says.write}</Button>
      </div>
      <p role="status" className="text-small text-ink-soft empty:hidden">
        {making ? says.making : undefined}
      </p>
      {refused !== undefined && !making && (
        <p className="rounded-md bg-warn-soft px-3 py-2 text-small [overflow-wrap:anywhere] text-warn">
          {says.refused(refused)}
        </p>
      )}
      {ask.error && <ProblemNote>{reasonOf(ask.error)}</ProblemNote>}
    </div>
  );
}
