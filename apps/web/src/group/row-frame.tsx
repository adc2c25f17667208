// The frame of a row: the gutter with who it is, the column with what it says.
import type { MemberId } from "@acos/protocol";
import type { JSX, ReactNode } from "react";

import { Badge } from "../ui/badge.tsx";
import { words } from "../words.ts";
import { MemberMark } from "./member-mark.tsx";
import { isRehearsal, nameOf } from "./people.ts";
import { fullTimeOf, timeOf } from "./times.ts";
import { useStillView } from "./use-group.ts";

interface RowFrameProps {
  readonly by: MemberId | undefined;
  readonly head: boolean;
  readonly at?: number | undefined;
  readonly model?: string | undefined;
  /** Small words after the time. */
  readonly note?: ReactNode;
  readonly children: ReactNode;
}

export function RowFrame({ by, head, at, model, note, children }: RowFrameProps): JSX.Element {
  const view = useStillView();
  const name = nameOf(view, by);
  const info = by && view.members.get(by)?.info;
  const agent = info?.type === "agent";
  return (
    <div className={`relative flex gap-3 px-4 md:px-6 ${head ? "pt-4" : "pt-1"}`}>
      <div className="relative w-8 shrink-0">
        {head ? (
          <span className="mt-0.5 block">
            <MemberMark info={info} />
          </span>
        ) : (
          agent && <span className="absolute -top-1 bottom-1 left-1/2 w-px bg-line" />
        )}
      </div>
      <div className="min-w-0 flex-1">
        {head && (
          <p className="flex flex-wrap items-baseline gap-x-2 gap-y-0.5 leading-6">
            <span className="font-semibold">{name}</span>
            {at !== undefined && at > 0 && (
              <time
                className="text-tiny text-ink-soft"
                dateTime={new Date(at).toISOString()}
                title={fullTimeOf(at)}
              >
                {timeOf(at)}
              </time>
            )}
            {agent && model !== undefined && <ModelNote model={model} />}
            {note}
          </p>
        )}
        {children}
      </div>
    </div>
  );
}

/** Which model speaks; the rehearsal says on every message that it is none. */
function ModelNote({ model }: { model: string }): JSX.Element {
  if (isRehearsal(model)) return <Badge>{words.rehearsal.badge}</Badge>;
  return <span className="font-mono text-tiny text-ink-soft">{model}</span>;
}
