// Tells those who do not see the transcript what was said last, once it is whole.
import { useEffect, useRef, useState, type JSX } from "react";

import { words } from "../words.ts";
import { nameOf } from "./people.ts";
import { textOf } from "./text-of.ts";
import { useStillView } from "./use-group.ts";

/** Enough to know what it is about; the whole message is in the transcript. */
const SAID_CHARS = 240;

export function LatestNote(): JSX.Element {
  const view = useStillView();
  const [said, setSaid] = useState("");
  const last = view.entries.findLast((entry) => entry.kind === "message");
  const seen = useRef<number | undefined>(undefined);
  useEffect(() => {
    const before = seen.current;
    seen.current = last?.seq;
    // What was there when the page opened is not news.
    if (!last || before === undefined || last.seq <= before) return;
    const message = view.messages.get(last.id);
    if (!message || message.by === view.self) return;
    const text = textOf(message.parts).slice(0, SAID_CHARS);
    setSaid(words.group.said(nameOf(view, message.by), text));
  }, [last, view]);
  return (
    <div role="status" className="sr-only">
      {said}
    </div>
  );
}
