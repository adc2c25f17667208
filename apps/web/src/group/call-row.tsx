// A tool call in the transcript: one quiet line that opens; a card where it waits for an approval.
import type { LocalCall, LocalRun } from "@acos/client";
import { isOpen } from "@acos/client";
import type { MemberId, ToolCallId } from "@acos/protocol";
import { memo, useLayoutEffect, useRef, type JSX } from "react";

import { Badge, type BadgeTone } from "../ui/badge.tsx";
import { Icon } from "../ui/icon.tsx";
import { words } from "../words.ts";
import { ApprovalCard } from "./approval-card.tsx";
import { modelOf, nameOf } from "./people.ts";
import { RowFrame } from "./row-frame.tsx";
import { useCallOutput, useStillView } from "./use-group.ts";

/** Whoever reads within this of the end follows it: about a line. */
const NEAR_END_PX = 24;

interface CallRowProps {
  readonly call: LocalCall;
  readonly by: MemberId | undefined;
  readonly head: boolean;
}

export const CallRow = memo(function CallRow({ call, by, head }: CallRowProps): JSX.Element {
  const view = useStillView();
  const run = view.runs.get(call.run);
  return (
    <RowFrame by={by} head={head} at={call.at} model={by && modelOf(view, by, run)}>
      {call.state === "waiting" && call.approval !== undefined ? (
        <ApprovalCard call={call} approval={call.approval} name={nameOf(view, by)} />
      ) : (
        <div className="flex flex-col gap-1">
          <CallDetails call={call} run={run} />
          {call.state === "dispatched" && <RunningOutput call={call.call} tool={call.tool} />}
        </div>
      )}
    </RowFrame>
  );
});

function CallDetails({ call, run }: { call: LocalCall; run: LocalRun | undefined }): JSX.Element {
  const view = useStillView();
  const [state, tone] = standing(call, run);
  const decider = call.decidedBy === undefined ? undefined : nameOf(view, call.decidedBy);
  return (
    <details className="group/call max-w-full rounded-lg border border-line bg-raised text-small open:w-full">
      <summary className="flex min-h-9 list-none flex-wrap items-center gap-x-2 gap-y-0.5 rounded-lg px-2.5 py-1 hover:bg-hover [&::-webkit-details-marker]:hidden">
        <span className="text-ink-soft transition-transform group-open/call:rotate-90">
          <Icon name="right" size={14} />
        </span>
        <span className="font-mono text-tiny font-medium">{call.tool}</span>
        <span className="min-w-0 flex-1 truncate font-mono text-tiny text-ink-soft">
          {JSON.stringify(call.arguments)}
        </span>
        {decider !== undefined && (
          <span className="text-tiny text-ink-soft">
            {call.decision === "deny"
              ? words.call.deniedBy(decider)
              : words.call.approvedBy(decider)}
          </span>
        )}
        <Badge tone={tone}>{state}</Badge>
      </summary>
      <div className="flex flex-col gap-2 border-t border-line px-3 py-2.5">
        <Detail title={words.call.arguments} text={JSON.stringify(call.arguments, null, 2)} />
        {call.result && <Detail title={words.call.result} text={call.result.text} />}
      </div>
    </details>
  );
}

/** The last lines that the call's command has said, for as long as it runs. */
function RunningOutput({ call, tool }: { call: ToolCallId; tool: string }): JSX.Element | null {
  const output = useCallOutput(call);
  const lines = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  const shown = output && `${output.isCut ? "…" : ""}${output.text}`;
  useLayoutEffect(() => {
    // Who scrolled up to read is left there.
    if (lines.current && follows.current) lines.current.scrollTop = lines.current.scrollHeight;
  }, [shown]);
  if (shown === undefined || shown === "") return null;
  return (
    <pre
      ref={lines}
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        follows.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
      }}
      role="log"
      aria-live="off"
      aria-label={words.call.says(tool)}
      className="max-h-40 w-full overflow-auto rounded-md border border-line bg-sunken p-2.5 font-mono text-tiny [overflow-wrap:anywhere] whitespace-pre-wrap"
    >
      {shown}
    </pre>
  );
}

function Detail({ title, text }: { title: string; text: string }): JSX.Element {
  return (
    <div className="flex flex-col gap-1">
      <p className="text-tiny font-medium text-ink-soft">{title}</p>
      <pre
        tabIndex={0}
        className="max-h-72 overflow-auto rounded-md bg-sunken p-2.5 font-mono text-tiny [overflow-wrap:anywhere] whitespace-pre-wrap"
      >
        {text}
      </pre>
    </div>
  );
}

/** Where a call stands, in a word. One that was made and has no result in a run that is over may have done what it should. */
function standing(call: LocalCall, run: LocalRun | undefined): readonly [string, BadgeTone] {
  const said = words.call.state;
  if (call.state === "done")
    return call.result?.isError ? [said.failed, "danger"] : [said.done, "plain"];
  if (call.state === "denied") return [said.denied, "plain"];
  if (run && !isOpen(run))
    return [call.state === "dispatched" ? said.cut : said.unfinished, "danger"];
  return [said[call.state], "accent"];
}
