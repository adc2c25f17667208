// The strip above the composer: every agent at work, where it stands, and the way to stop it or let it go on.
import { openRuns, type LocalRun } from "@acos/client";
import { useEffect, useState, type JSX } from "react";

import { reasonOf } from "../queries.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { words } from "../words.ts";
import { MemberMark } from "./member-mark.tsx";
import { nameOf, selfOf } from "./people.ts";
import { useOpenConnection, useSnapshot } from "./use-group.ts";

/** How long a refusal stays to be read. */
const PROBLEM_FOR_MS = 6_000;

export function RunStrip(): JSX.Element | null {
  const { view } = useSnapshot();
  const runs = openRuns(view.runs);
  const typing = [...view.typing].map((member) => nameOf(view, member));
  if (runs.length === 0 && typing.length === 0) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-1 pb-1.5 text-small text-ink-soft">
      {runs.length > 0 && (
        <ul aria-label={words.run.working} className="contents">
          {runs.map((run) => (
            <RunChip key={run.run} run={run} />
          ))}
        </ul>
      )}
      {typing.length > 0 && <span>{words.group.typing(typing)}</span>}
    </div>
  );
}

function RunChip({ run }: { run: LocalRun }): JSX.Element {
  const connection = useOpenConnection();
  const { view } = useSnapshot();
  const [problem, say] = useProblem();
  const name = nameOf(view, run.member);
  const streams = [...view.drafts.values()].some((draft) => draft.run === run.run);
  const mayAct = (selfOf(view)?.role ?? "viewer") !== "viewer";
  const give = (kind: "run-cancel" | "run-resume"): void => {
    connection.send({ kind, run: run.run }).catch((error: unknown) => say(reasonOf(error)));
  };
  return (
    <li className="flex items-center gap-1.5">
      <MemberMark info={run.member && view.members.get(run.member)?.info} size={18} />
      <span>
        <span className="font-medium text-ink">{name}</span>{" "}
        {problem ??
          (streams && run.state === "running" ? words.run.answering : words.run.state[run.state])}
      </span>
      {mayAct && run.state === "paused" && (
        <Button className="min-h-7! px-2!" onClick={() => give("run-resume")}>
          {words.run.resume}
        </Button>
      )}
      {mayAct && (
        <Button
          aria-label={words.run.stopOne(name)}
          className="min-h-7! gap-1! px-2!"
          onClick={() => give("run-cancel")}
        >
          <Icon name="stop" size={14} />
          {words.run.stop}
        </Button>
      )}
    </li>
  );
}

function useProblem(): readonly [string | undefined, (problem: string) => void] {
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    if (problem === undefined) return undefined;
    const timer = setTimeout(() => setProblem(undefined), PROBLEM_FOR_MS);
    return () => clearTimeout(timer);
  }, [problem]);
  return [problem, setProblem];
}
