// The row of a run that did not end well: what happened, and what can be done about it.
import type { LocalRun } from "@acos/client";
import { Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { Icon } from "../ui/icon.tsx";
import { words } from "../words.ts";
import { nameOf } from "./people.ts";
import { useStillView } from "./use-group.ts";

export function RunEndRow({ run }: { run: LocalRun }): JSX.Element {
  const view = useStillView();
  const bad = run.state !== "cancelled";
  const aboutModel = run.problem?.code.startsWith("provider_") || run.problem?.code === "over_cap";
  return (
    <div className="flex gap-3 px-4 pt-2 md:px-6">
      <span className="w-8 shrink-0" />
      <p
        className={`flex min-w-0 items-start gap-2 rounded-lg px-3 py-1.5 text-small ${bad ? "bg-danger-soft text-danger" : "bg-sunken text-ink-soft"}`}
      >
        <span className="mt-0.5">
          <Icon name={bad ? "alert" : "stop"} size={15} />
        </span>
        <span className="min-w-0 [overflow-wrap:anywhere]">
          {nameOf(view, run.member)} {words.run.state[run.state]}.{" "}
          {run.reason ?? run.problem?.message}{" "}
          {aboutModel && (
            <Link to="/settings/models" className="underline underline-offset-2">
              {words.run.providers}
            </Link>
          )}
        </span>
      </p>
    </div>
  );
}
