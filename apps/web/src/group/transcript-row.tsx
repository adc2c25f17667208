// Which row shows which kind.
import type { MessageView } from "@acos/protocol";
import type { JSX } from "react";

import { CallRow } from "./call-row.tsx";
import { DraftRow, PendingRow, ThinkingRow } from "./live-rows.tsx";
import { MessageRow } from "./message-row.tsx";
import { DayRow, NoticeRow } from "./notice-row.tsx";
import { RunEndRow } from "./run-end-row.tsx";
import type { Row } from "./transcript-rows.ts";

interface TranscriptRowProps {
  readonly row: Row;
  readonly onReply: (message: MessageView) => void;
  readonly onAgain: (text: string) => void;
}

export function TranscriptRow({ row, onReply, onAgain }: TranscriptRowProps): JSX.Element | null {
  const { head } = row;
  switch (row.kind) {
    case "day":
      return <DayRow at={row.at} />;
    case "message":
      return <MessageRow message={row.message} run={row.run} head={head} onReply={onReply} />;
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
