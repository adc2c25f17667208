// Said above the transcript of a fork or import while its history still comes.
import { useQuery } from "@tanstack/react-query";
import { useEffect, type JSX } from "react";

import { jobsQuery } from "../history/jobs-query.ts";
import { ProblemNote } from "../ui/field.tsx";
import { words } from "../words.ts";

/** A group that has not said by then that it is whole is asked anew. */
const SAYS_ITSELF_WITHIN_MS = 3_000;

interface CopyingNoteProps {
  readonly group: string;
  /** Contract: called once the work is done; the group may have said so itself before. */
  readonly onCopied: () => void;
}

export function CopyingNote({ group, onCopied }: CopyingNoteProps): JSX.Element {
  const jobs = useQuery(jobsQuery(group, true));
  const job = jobs.data?.find(({ kind }) => kind === "fork" || kind === "import");
  const done = job?.state === "done";
  useEffect(() => {
    if (!done) return undefined;
    // The group says it itself as a rule, and may need a moment for it.
    const timer = setTimeout(onCopied, SAYS_ITSELF_WITHIN_MS);
    return () => clearTimeout(timer);
  }, [done, onCopied]);
  if (job?.problem)
    return (
      <div className="px-4 pt-3 md:px-6">
        <ProblemNote>{job.problem.message}</ProblemNote>
      </div>
    );
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-warn-line bg-warn-soft px-4 py-1.5 text-small text-warn md:px-6"
    >
      {words.copies.copying}
      {job && job.total > 0 && (
        <>
          <progress
            aria-label={words.copies.copying}
            className="h-1.5 w-32"
            max={job.total}
            value={job.done}
          />
          <span className="text-tiny">{words.storage.progress(job.done, job.total)}</span>
        </>
      )}
    </div>
  );
}
