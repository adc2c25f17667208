// Which row shows which kind.
import type { MessageView } from "@acos/protocol";
import type { JSX, RefCallback } from "react";

import { CallRow } from "./call-row.tsx";
import { DraftRow, PendingRow, ThinkingRow } from "./live-rows.tsx";
import { MessageRow } from "./message-row.tsx";
import { DayRow, NoticeRow } from "./notice-row.tsx";
import { RunEndRow } from "./run-end-row.tsx";
import type { Row } from "./transcript-rows.ts";
import type { Mark } from "./use-place.ts";

interface TranscriptRowProps {
  readonly row: Row;
  /** The message one jumped to, if any, and the ref of its row. */
  readonly mark?: Mark | undefined;
  readonly markRef?: RefCallback<HTMLElement>;
  readonly onReply: (message: MessageView) => void;
  readonly onAgain: (text: string) => void;
}

export function TranscriptRow(props: TranscriptRowProps): JSX.Element | null {
  const { row, mark, markRef, onReply, onAgain } = props;
  const { head } = row;
  switch (row.kind) {
    case "day":
      return <DayRow at={row.at} />;
    case "message": {
      const { message, run } = row;
      const marked = message.message === mark?.message;
      const place = { message, run, head, onReply, markRef: marked ? markRef : undefined };
      return <MessageRow {...place} />;
    }
    case "draft":
      return <DraftRow draft={row.draft} run={row.run} head={head} />;
    case "pending":
      return <PendingRow pending={row.pending} by={row.by} head={head} onAgain={onAgain} />;
    case "call":
      return <CallRow call={row.call} by={row.by} head={head} />;
    case "run-end":
      return <RunEndRow run={row.run} />;
    case "notice":
      return <NoticeRow events={row.events} />;
    case "thinking":
      return <ThinkingRow run={row.run} by={row.by} head={head} />;
    default:
      return row satisfies never;
  }
}
