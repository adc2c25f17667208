// The group's sandboxes in the panel: name, where each stands, and for members a way to stop one that runs.
import type { LocalSandbox } from "@acos/client";
import { useMutation } from "@tanstack/react-query";
import type { JSX } from "react";

import { api } from "../api.ts";
import { reasonOf } from "../queries.ts";
import { IconButton } from "../ui/button.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { words } from "../words.ts";
import { selfOf } from "./people.ts";
import { useSnapshot } from "./use-group.ts";

export function SandboxList({ group }: { group: string }): JSX.Element | null {
  const { view } = useSnapshot();
  const role = selfOf(view)?.role;
  const sandboxes = [...view.sandboxes.values()];
  if (sandboxes.length === 0) return null;
  return (
    <section className="flex flex-col gap-1 px-2.5">
      <h3 className="px-1.5 text-tiny font-medium text-ink-soft">{words.sandbox.title}</h3>
      <ul className="flex flex-col">
        {sandboxes.map((sandbox) => (
          <SandboxRow
            key={sandbox.sandbox}
            sandbox={sandbox}
            group={group}
            mayStop={role === "member" || role === "admin"}
          />
        ))}
      </ul>
    </section>
  );
}

interface SandboxRowProps {
  readonly sandbox: LocalSandbox;
  readonly group: string;
  readonly mayStop: boolean;
}

function SandboxRow({ sandbox, group, mayStop }: SandboxRowProps): JSX.Element {
  const { name, state, problem } = sandbox;
  const params = { id: group, sandbox: sandbox.sandbox };
  const stop = useMutation({ mutationFn: () => api.call("stopSandbox", { params, body: {} }) });
  return (
    <li className="flex flex-col gap-1 rounded-md px-1.5 py-1.5 hover:bg-rail">
      <div className="flex min-h-7 items-center gap-2.5 text-small">
        <span className="min-w-0 flex-1 truncate font-medium">{name}</span>
        <span className="text-tiny text-ink-soft" title={problem?.message}>
          {words.sandbox.state[state]}
        </span>
        {mayStop && state === "ready" && (
          <IconButton
            icon="stop"
            label={words.sandbox.stop(name)}
            size={15}
            className="size-7"
            disabled={stop.isPending}
            onClick={() => stop.mutate()}
          />
        )}
      </div>
      {stop.error && <ProblemNote>{reasonOf(stop.error)}</ProblemNote>}
    </li>
  );
}
