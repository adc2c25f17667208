// Adding to a group: one of the org's agents, or a person by id.
import type { LocalMember } from "@acos/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type JSX } from "react";

import { api } from "../api.ts";
import { agentsQuery, reasonOf } from "../queries.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { ProblemNote, TextField } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { useOrg } from "../use-org.ts";
import { words } from "../words.ts";

const FOLD =
  "flex w-fit list-none items-center gap-1.5 rounded-md px-1.5 py-1 text-small text-ink-soft hover:bg-hover hover:text-ink [&::-webkit-details-marker]:hidden";

function useAdd(group: string) {
  return useMutation({
    mutationFn: (member: string) =>
      api.call("putMember", { params: { id: group, member }, body: { role: "member" } }),
  });
}

export function AddAgent({
  group,
  members,
}: {
  group: string;
  members: readonly LocalMember[];
}): JSX.Element | null {
  const agents = useQuery(agentsQuery(useOrg()));
  const add = useAdd(group);
  const here = new Set(members.map(({ info }) => (info.type === "agent" ? info.agent : "")));
  const others = agents.data?.filter((agent) => !here.has(agent.id)) ?? [];
  if (others.length === 0) return null;
  return (
    <details className="-mt-3 px-2.5">
      <summary className={FOLD}>
        <Icon name="plus" size={15} /> {words.members.addAgent}
      </summary>
      <ul className="mt-1 flex flex-col">
        {others.map((agent) => (
          <li key={agent.id}>
            <button
              type="button"
              disabled={add.isPending}
              className="flex w-full items-center gap-2.5 rounded-md px-1.5 py-1.5 text-left text-small hover:bg-hover"
              onClick={() => add.mutate(agent.id)}
            >
              <Avatar id={agent.id} name={agent.name} agent size={22} />
              <span className="min-w-0 flex-1 truncate">
                {agent.name} <span className="text-ink-soft">@{agent.handle}</span>
              </span>
              <Icon name="plus" size={15} />
            </button>
          </li>
        ))}
      </ul>
      {add.error && <ProblemNote>{reasonOf(add.error)}</ProblemNote>}
    </details>
  );
}

export function AddPerson({ group }: { group: string }): JSX.Element {
  const add = useAdd(group);
  const [person, setPerson] = useState("");
  return (
    <details className="-mt-3 px-2.5">
      <summary className={FOLD}>
        <Icon name="plus" size={15} /> {words.members.addPerson}
      </summary>
      <form
        className="mt-1 flex flex-col gap-2 px-1.5"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate(person.trim(), { onSuccess: () => setPerson("") });
        }}
      >
        <TextField
          label={words.members.personId}
          help={words.members.personHelp}
          error={add.error ? reasonOf(add.error) : undefined}
          placeholder="usr_…"
          value={person}
          required
          onChange={(event) => setPerson(event.target.value)}
        />
        <Button type="submit" disabled={add.isPending || person.trim() === ""}>
          {words.members.add}
        </Button>
      </form>
    </details>
  );
}
