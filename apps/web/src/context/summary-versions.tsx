// What the summary was before: a line a version, each opens to what it said.
import type { SummaryView } from "@acos/protocol";
import { useState, type JSX } from "react";

import { Button } from "../ui/button.tsx";
import { words } from "../words.ts";
import { SummaryLines, SummaryMaker } from "./summary-text.tsx";

interface SummaryVersionsProps {
  readonly summaries: readonly SummaryView[];
  /** Left out where there are no older ones. */
  readonly onMore: (() => void) | undefined;
}

export function SummaryVersions({ summaries, onMore }: SummaryVersionsProps): JSX.Element {
  return (
    <section className="flex flex-col gap-1.5 border-t border-line pt-4">
      <h3 className="text-tiny font-medium text-ink-soft">{words.summary.versions}</h3>
      <ol className="flex flex-col">
        {summaries.map((summary) => (
          <Version key={summary.summary} summary={summary} />
        ))}
      </ol>
      {onMore && (
        <Button className="self-start" onClick={onMore}>
          {words.summary.more}
        </Button>
      )}
    </section>
  );
}

function Version({ summary }: { summary: SummaryView }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary className="rounded-md py-1 text-small hover:bg-hover">
          {words.summary.version(summary.version)}{" "}
          <span className="text-tiny text-ink-soft">
            <SummaryMaker summary={summary} />
          </span>
        </summary>
        {open && (
          <div className="flex flex-col gap-3 py-2 pl-4">
            <SummaryLines sections={summary.sections} />
          </div>
        )}
      </details>
    </li>
  );
}
