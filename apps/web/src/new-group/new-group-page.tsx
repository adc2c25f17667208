// Making a group: a name, and the agents that are in it from the beginning.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { AgentView } from "@acos/protocol";
import type { JSX } from "react";

import { api } from "../api.ts";
import { agentsQuery, queryClient, reasonOf } from "../queries.ts";
import { textIn } from "../sign-in/sign-in-page.tsx";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { ProblemNote, TextField } from "../ui/field.tsx";
import { Page, Section } from "../ui/page.tsx";
import { useOrg } from "../use-org.ts";
import { words } from "../words.ts";
import { ImportGroup } from "./import-group.tsx";

export function NewGroupPage(): JSX.Element {
  const org = useOrg();
  const navigate = useNavigate();
  const agents = useQuery(agentsQuery(org));
  const make = useMutation({
    mutationFn: (form: FormData) => {
      const chosen = agents.data?.filter((agent) => form.get(agent.id) === "on") ?? [];
      const body = { name: textIn(form, "name"), agents: chosen.map(({ id }) => ({ id })) };
      return api.call("createGroup", { params: { org }, body });
    },
    onSuccess: async (group) => {
      await queryClient.invalidateQueries({ queryKey: ["groups"] });
      await navigate({ to: "/groups/$group", params: { group: group.id } });
    },
  });
  return (
    <Page title={words.newGroup.title} lead={words.newGroup.lead}>
      <form
        className="flex flex-col gap-6"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate(new FormData(event.currentTarget));
        }}
      >
        <TextField
          label={words.newGroup.name}
          placeholder={words.newGroup.namePlaceholder}
          name="name"
          required
          maxLength={80}
          autoFocus
        />
        <fieldset className="flex min-w-0 flex-col gap-2">
          <legend className="mb-1.5 text-small font-medium">{words.newGroup.agents}</legend>
          {agents.data?.map((agent) => (
            <AgentChoice key={agent.id} agent={agent} />
          ))}
          {agents.data?.length === 0 && (
            <p className="text-small text-ink-soft">
              {words.newGroup.noAgents}{" "}
              <Link to="/agents/new" className="text-accent underline underline-offset-2">
                {words.agents.make}
              </Link>
            </p>
          )}
        </fieldset>
        {make.error && <ProblemNote>{reasonOf(make.error)}</ProblemNote>}
        <Button type="submit" weight="primary" className="self-start" disabled={make.isPending}>
          {make.isPending ? words.newGroup.going : words.newGroup.go}
        </Button>
      </form>
      <Section title={words.importing.title} lead={words.importing.lead}>
        <ImportGroup />
      </Section>
    </Page>
  );
}

function AgentChoice({ agent }: { agent: AgentView }): JSX.Element {
  return (
    <label className="flex cursor-pointer items-center gap-3 rounded-lg border border-line bg-raised px-3 py-2.5 hover:border-line-strong has-checked:border-accent has-checked:bg-accent-soft">
      <input type="checkbox" name={agent.id} className="size-4 accent-(--accent)" />
      <Avatar id={agent.id} name={agent.name} agent size={28} />
      <span className="min-w-0 leading-tight">
        <span className="block text-small font-medium">
          {agent.name} <span className="font-normal text-ink-soft">@{agent.handle}</span>
        </span>
        <span className="block truncate text-tiny text-ink-soft">{agent.about ?? agent.model}</span>
      </span>
    </label>
  );
}
