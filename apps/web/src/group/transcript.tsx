// The transcript: virtual rows that stay at the end while one reads there, and stay put while one reads above.
import type { MessageView } from "@acos/protocol";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type JSX,
  type RefCallback,
  type RefObject,
} from "react";

import { Icon } from "../ui/icon.tsx";
import { words } from "../words.ts";
import { LatestNote } from "./latest-note.tsx";
import { TranscriptRow } from "./transcript-row.tsx";
import { transcriptRows, type Row } from "./transcript-rows.ts";
import { dayOf } from "./times.ts";
import { useOpenConnection, useSnapshot } from "./use-group.ts";
import { useMarkRef, type Mark } from "./use-place.ts";

/** Height of a row that was not measured yet: a message of two lines. */
const ROW_ESTIMATE_PX = 72;
/** Rows kept beyond the window's edges, so that scrolling shows no holes. */
const OVERSCAN_ROWS = 8;
/** This near to the end counts as reading at the end. */
const NEAR_END_PX = 60;
/** Older messages are fetched when the first row is this near. */
const NEAR_BEGIN_PX = 600;

interface TranscriptProps {
  /** The message one jumped to, held here. */
  readonly mark: Mark | undefined;
  /** Contract: called when a person goes to the newest. */
  readonly onNewest: () => void;
  /** Contract: called when a person wants to reply to a message. */
  readonly onReply: (message: MessageView) => void;
  /** Contract: called with the text of a refused message that a person wants to change. */
  readonly onAgain: (text: string) => void;
}

export function Transcript(props: TranscriptProps): JSX.Element {
  const { mark, onNewest, onReply, onAgain } = props;
  const { view, pending, hasOlder } = useSnapshot();
  const rows = useMemo(() => transcriptRows(view, pending, dayOf), [view, pending]);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useTranscriptList(rows, scroller);
  const { atEnd, jump, onScroll } = useReadingPlace(list, rows, scroller);
  const older = useOlder(hasOlder);
  const onScrolled = useCallback((): void => {
    onScroll();
    if ((scroller.current?.scrollTop ?? 0) < NEAR_BEGIN_PX) older();
  }, [onScroll, older]);
  const size = list.getTotalSize();
  useEffect(onScrolled, [onScrolled, rows, size]);
  useKeptEnd(scroller, atEnd, jump);
  const markRef = useJump(list, rows, mark);

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={words.group.transcript}
        tabIndex={0}
        className="h-full overflow-y-auto [overflow-anchor:none] focus-visible:-outline-offset-2"
        onScroll={onScrolled}
      >
        <div className="mx-auto flex min-h-full max-w-3xl flex-col justify-end">
          <p className="px-4 pt-16 pb-2 text-center text-tiny text-ink-soft">
            {hasOlder ? words.group.older : words.group.beginning}
          </p>
          <div className="relative" style={{ height: size }}>
            {list.getVirtualItems().map((item) => {
              const row = rows[item.index];
              return (
                row && (
                  <div
                    key={item.key}
                    ref={list.measureElement}
                    data-index={item.index}
                    className="absolute inset-x-0 top-0"
                    style={{ transform: `translateY(${item.start}px)` }}
                  >
                    <TranscriptRow
                      row={row}
                      mark={mark}
                      markRef={markRef}
                      onReply={onReply}
                      onAgain={onAgain}
                    />
                  </div>
                )
              );
            })}
          </div>
          <div className="h-5 shrink-0" />
        </div>
        {!atEnd && (
          <LatestButton
            onClick={() => {
              jump();
              onNewest();
            }}
          />
        )}
      </div>
      <LatestNote />
    </div>
  );
}

function useTranscriptList(
  rows: readonly Row[],
  scroller: RefObject<HTMLDivElement | null>,
): ReturnType<typeof useVirtualizer<HTMLDivElement, HTMLDivElement>> {
  return useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_ESTIMATE_PX,
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    overscan: OVERSCAN_ROWS,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: NEAR_END_PX,
  });
}

/** Whether one reads at the end; there the list follows what is new, elsewhere it never moves by itself. */
function useReadingPlace(
  list: ReturnType<typeof useTranscriptList>,
  rows: readonly Row[],
  scroller: RefObject<HTMLDivElement | null>,
): { atEnd: boolean; jump: () => void; onScroll: () => void } {
  const [atEnd, setAtEnd] = useState(true);
  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    setAtEnd(below <= NEAR_END_PX);
  }, [scroller]);
  const jump = useCallback(() => list.scrollToEnd(), [list]);
  const begun = useRef(false);
  const own = rows.findLast((row) => row.kind === "pending")?.key;
  useEffect(() => {
    if (begun.current || rows.length === 0) return;
    begun.current = true;
    list.scrollToEnd();
  }, [list, rows.length]);
  // What one sends oneself one wants to see, wherever one was reading.
  useEffect(() => {
    if (own !== undefined) list.scrollToEnd();
  }, [list, own]);
  return { atEnd, jump, onScroll };
}

/** Scrolls to the message one jumped to, and answers the ref that gives its row the focus. */
function useJump(
  list: ReturnType<typeof useTranscriptList>,
  rows: readonly Row[],
  mark: Mark | undefined,
): RefCallback<HTMLElement> {
  const gone = useRef<Mark>(undefined);
  useEffect(() => {
    const index = rows.findIndex(({ key }) => key === mark?.message);
    if (!mark || gone.current === mark || index < 0) return;
    gone.current = mark;
    list.scrollToIndex(index, { align: "center" });
  }, [list, rows, mark]);
  return useMarkRef(mark, takeFocus);
}

const takeFocus = (row: HTMLElement): void => row.focus({ preventScroll: true });

/** The composer grows and shrinks below the transcript: the end stays in sight for one who reads there. */
function useKeptEnd(
  scroller: RefObject<HTMLDivElement | null>,
  atEnd: boolean,
  jump: () => void,
): void {
  useEffect(() => {
    const element = scroller.current;
    if (!element || !atEnd) return undefined;
    let height = element.clientHeight;
    const observer = new ResizeObserver(() => {
      if (element.clientHeight !== height) jump();
      height = element.clientHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller, atEnd, jump]);
}

function useOlder(hasOlder: boolean): () => void {
  const connection = useOpenConnection();
  return useCallback(() => {
    // A failed page is asked for again at the next scroll.
    if (hasOlder) connection.loadOlder().catch(() => undefined);
  }, [connection, hasOlder]);
}

/** Inside the scrolling part, so that a wheel turned over it scrolls on. */
function LatestButton({ onClick }: { onClick: () => void }): JSX.Element {
  return (
    <button
      type="button"
      className="sticky bottom-4 left-1/2 -mt-9 flex h-9 -translate-x-1/2 items-center gap-1.5 rounded-full border border-line bg-raised pr-4 pl-3 text-small font-medium shadow-float hover:bg-hover"
      onClick={onClick}
    >
      <Icon name="down" size={15} />
      {words.group.latest}
    </button>
  );
}
