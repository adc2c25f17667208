// Exporting, forking and archiving a group, and the work on its storage.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { JobView } from "@acos/protocol";
import type { JSX, ReactNode } from "react";

import { api } from "../api.ts";
import { useGroupNavigation } from "../group/group-navigation.ts";
import { momentOf } from "../group/times.ts";
import { useOpenConnection } from "../group/use-group.ts";
import { queryClient, reasonOf } from "../queries.ts";
import { Badge, type BadgeTone } from "../ui/badge.tsx";
import { Button, buttonClass } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { words } from "../words.ts";
import { jobsQuery } from "./jobs-query.ts";
import { useFork } from "./use-fork.ts";

export function StorageChoices({ group, admin }: { group: string; admin: boolean }): JSX.Element {
  const { storage: says } = words;
  const fork = useFork(group);
  return (
    <div className="flex flex-col gap-4 pt-3">
      <Action help={says.exportHelp}>
        <a
          href={`/api/v1/groups/${encodeURIComponent(group)}/export`}
          download
          className={buttonClass("quiet")}
        >
          <Icon name="down" size={15} />
          {says.export}
        </a>
      </Action>
      <Action help={says.forkHelp}>
        <Button disabled={fork.isPending} onClick={() => fork.mutate({})}>
          <Icon name="fork" size={15} />
          {fork.isPending ? says.forking : says.fork}
        </Button>
        {fork.error && <ProblemNote>{reasonOf(fork.error)}</ProblemNote>}
      </Action>
      {admin && <Archive group={group} />}
      <Jobs group={group} />
    </div>
  );
}

function Action({ help, children }: { help?: string; children: ReactNode }): JSX.Element {
  return (
    <div className="flex flex-col items-start gap-1.5">
      {children}
      {help !== undefined && <p className="text-tiny text-ink-soft">{help}</p>}
    </div>
  );
}

function Archive({ group }: { group: string }): JSX.Element {
  const { storage: says } = words;
  const navigate = useNavigate();
  const connection = useOpenConnection();
  const { reopen } = useGroupNavigation();
  const archive = useMutation({
    mutationFn: () => {
      // To hold the line to it is to bring it back.
      connection.close();
      return api.call("archiveGroup", { params: { id: group } });
    },
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["groups"] });
      await navigate({ to: "/" });
    },
    onError: reopen,
  });
  return (
    <Action>
      <Confirm
        trigger={
          <Button disabled={archive.isPending}>
            <Icon name="archive" size={15} />
            {archive.isPending ? says.archiving : says.archive}
          </Button>
        }
        title={says.archiveTitle}
        detail={says.archiveDetail}
        confirm={says.archive}
        onConfirm={() => archive.mutate()}
      />
      {archive.error && <ProblemNote>{reasonOf(archive.error)}</ProblemNote>}
    </Action>
  );
}

function Jobs({ group }: { group: string }): JSX.Element {
  const { storage: says } = words;
  const jobs = useQuery(jobsQuery(group));
  return (
    <section className="flex flex-col gap-1.5">
      <h4 className="text-tiny font-medium text-ink-soft">{says.jobs}</h4>
      {jobs.error && <ProblemNote>{reasonOf(jobs.error)}</ProblemNote>}
      {jobs.data?.length === 0 && <p className="text-tiny text-ink-soft">{says.noJobs}</p>}
      <ol className="flex flex-col gap-1.5 empty:hidden">
        {jobs.data?.map((job) => (
          <JobRow key={job.job} job={job} />
        ))}
      </ol>
    </section>
  );
}

const TONES: Record<JobView["state"], BadgeTone> = {
  running: "accent",
  done: "plain",
  failed: "danger",
};

function JobRow({ job }: { job: JobView }): JSX.Element {
  const { storage: says } = words;
  const { kind, state, step, done, total, startedAt, problem } = job;
  const running = state === "running";
  return (
    <li className="flex flex-col gap-0.5 text-tiny">
      <p className="flex flex-wrap items-center gap-x-2">
        <span className="text-small">{says.job[kind]}</span>
        <Badge tone={TONES[state]}>{running ? step : says.jobState[state]}</Badge>
        <time className="ml-auto text-ink-soft" dateTime={startedAt}>
          {momentOf(startedAt)}
        </time>
      </p>
      {(running || done > 0) && (
        <p className="text-ink-soft">
          {running && total > 0 ? says.progress(done, total) : says.events(done)}
        </p>
      )}
      {problem && <p className="text-danger [overflow-wrap:anywhere]">{problem.message}</p>}
    </li>
  );
}
