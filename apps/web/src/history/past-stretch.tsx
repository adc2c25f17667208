// An older stretch of the transcript in place of the newest: the messages around one that somebody went to.
import type { LocalMessage, LocalView } from "@acos/client";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { MessageView } from "@acos/protocol";
import { useEffect, useMemo, useRef, type JSX, type RefCallback } from "react";

import { dayOf } from "../group/times.ts";
import { TranscriptRow } from "../group/transcript-row.tsx";
import { transcriptRows } from "../group/transcript-rows.ts";
import { useMarkRef, type Mark } from "../group/use-place.ts";
import { useOpenConnection, useSnapshot, useStillView } from "../group/use-group.ts";
import { queryClient, reasonOf } from "../queries.ts";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { words } from "../words.ts";
import { pastQuery } from "./past-query.ts";

/** News of the group rest this long before the stretch is read again: edits and reactions come in bursts. */
const NEWS_REST_MS = 1_000;

interface PastStretchProps {
  readonly group: string;
  readonly mark: Mark;
  readonly seq: number;
  readonly onReply: (message: MessageView) => void;
  readonly onNewest: () => void;
}

export function PastStretch(props: PastStretchProps): JSX.Element {
  const { group, mark, seq, onReply, onNewest } = props;
  const connection = useOpenConnection();
  const view = useStillView();
  const past = useInfiniteQuery(pastQuery(group, seq, () => connection.snapshot.head));
  useNews(group);
  const messages = useMemo(() => past.data?.pages.flatMap((page) => page.messages), [past.data]);
  const markRef = useMarkRef(mark, arrive);
  return (
    <div className="relative min-h-0 flex-1">
      <div
        role="log"
        aria-live="off"
        aria-label={words.past.label}
        tabIndex={0}
        className="h-full overflow-y-auto focus-visible:-outline-offset-2"
      >
        <div className="mx-auto flex min-h-full max-w-3xl flex-col pb-16">
          <Edge
            text={words.past.older}
            end={words.group.beginning}
            open={past.hasPreviousPage}
            busy={past.isFetchingPreviousPage}
            onMore={() => void past.fetchPreviousPage()}
          />
          {past.error && <ProblemNote>{reasonOf(past.error)}</ProblemNote>}
          {past.isPending && (
            <p role="status" className="py-6 text-center text-small text-ink-soft">
              {words.loading}
            </p>
          )}
          {messages && (
            <Rows view={view} messages={messages} mark={mark} markRef={markRef} onReply={onReply} />
          )}
          {past.hasNextPage && (
            <Edge
              text={words.past.newer}
              open
              busy={past.isFetchingNextPage}
              onMore={() => void past.fetchNextPage()}
            />
          )}
        </div>
      </div>
      <NewestBar onNewest={onNewest} />
    </div>
  );
}

function arrive(row: HTMLElement): void {
  row.scrollIntoView({ block: "center" });
  row.focus({ preventScroll: true });
}

/** Reads the stretch again once something has happened in the group: it may have happened to these messages. */
function useNews(group: string): void {
  const { head } = useSnapshot();
  const first = useRef(head);
  useEffect(() => {
    if (head === first.current) return undefined;
    const timer = setTimeout(
      () => void queryClient.invalidateQueries({ queryKey: ["past", group] }),
      NEWS_REST_MS,
    );
    return () => clearTimeout(timer);
  }, [group, head]);
}

interface RowsProps {
  readonly view: LocalView;
  readonly messages: readonly LocalMessage[];
  readonly mark: Mark;
  readonly markRef: RefCallback<HTMLElement>;
  readonly onReply: (message: MessageView) => void;
}

function Rows({ view, messages, mark, markRef, onReply }: RowsProps): JSX.Element {
  const rows = useMemo(
    () => transcriptRows(stretchOf(view, messages), [], dayOf),
    [view, messages],
  );
  return (
    <>
      {rows.map((row) => (
        <TranscriptRow
          key={row.key}
          row={row}
          mark={mark}
          markRef={markRef}
          onReply={onReply}
          onAgain={neverAgain}
        />
      ))}
    </>
  );
}

/** Nothing here is on its way, so nothing can have been refused. */
const neverAgain = (): void => undefined;

/** The view with only these messages in it, as they are held where they are. */
function stretchOf(view: LocalView, messages: readonly LocalMessage[]): LocalView {
  const known = messages.map((each) => view.messages.get(each.message) ?? each);
  return {
    ...view,
    messages: new Map(known.map((each) => [each.message, each])),
    entries: known.map(({ message: id, seq, at }) => ({ kind: "message", id, seq, at })),
    runs: new Map([...view.runs].filter(([, run]) => run.endedAt !== undefined)),
    calls: new Map(),
    drafts: new Map(),
  };
}

interface EdgeProps {
  readonly text: string;
  readonly end?: string;
  readonly open: boolean;
  readonly busy: boolean;
  readonly onMore: () => void;
}

function Edge({ text, end, open, busy, onMore }: EdgeProps): JSX.Element {
  return (
    <div className="flex justify-center px-4 pt-6 pb-2 text-tiny text-ink-soft">
      {open ? (
        <Button weight="plain" disabled={busy} onClick={onMore}>
          {busy ? words.loading : text}
        </Button>
      ) : (
        end
      )}
    </div>
  );
}

function NewestBar({ onNewest }: { onNewest: () => void }): JSX.Element {
  return (
    <div className="absolute bottom-4 left-1/2 flex -translate-x-1/2 items-center gap-3 rounded-full border border-line bg-raised py-1 pr-1.5 pl-4 text-small whitespace-nowrap shadow-float">
      <span className="text-ink-soft max-sm:sr-only">{words.past.reading}</span>
      <Button weight="primary" className="min-h-7! rounded-full!" onClick={onNewest}>
        <Icon name="down" size={15} />
        {words.past.newest}
      </Button>
    </div>
  );
}
