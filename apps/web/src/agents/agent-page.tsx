// Making an agent, and changing one: the same form, another ending.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import type { AgentView, ModelView } from "@acos/protocol";
import type { JSX } from "react";

import { api } from "../api.ts";
import { agentsQuery, modelsQuery, queryClient, reasonOf } from "../queries.ts";
import { WaitingPage } from "../shell/other-pages.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { Page } from "../ui/page.tsx";
import { useOrg } from "../use-org.ts";
import { words } from "../words.ts";
import { AgentForm } from "./agent-form.tsx";
import { bodyOf, draftOf, newDraft, type ConfigDraft } from "./agent-config-draft.ts";

const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ["agents"] });

export function NewAgentPage(): JSX.Element {
  const org = useOrg();
  const navigate = useNavigate();
  const models = useQuery(modelsQuery(org));
  const make = useMutation({
    mutationFn: (draft: ConfigDraft) =>
      api.call("createAgent", { params: { org }, body: bodyOf(draft) }),
    onSuccess: async () => {
      await refresh();
      await navigate({ to: "/agents" });
    },
  });
  if (!models.data) return models.error ? <Broken error={models.error} /> : <WaitingPage />;
  return (
    <Page title={words.agents.makeTitle}>
      <AgentForm
        initial={newDraft(models.data[0]?.model ?? "")}
        models={models.data}
        onSave={make.mutate}
        saving={make.isPending}
        go={words.agents.go}
        problem={make.error ? reasonOf(make.error) : undefined}
      />
    </Page>
  );
}

export function EditAgentPage(): JSX.Element {
  const org = useOrg();
  const { agent: id } = useParams({ from: "/signed-in/agents/$agent" });
  const models = useQuery(modelsQuery(org));
  const agent = useQuery({
    queryKey: ["agents", org, id],
    queryFn: () => api.call("getAgent", { params: { id } }),
  });
  const error = models.error ?? agent.error;
  if (!models.data || !agent.data) return error ? <Broken error={error} /> : <WaitingPage />;
  return <EditAgent key={id} agent={agent.data} models={models.data} />;
}

function EditAgent({
  agent,
  models,
}: {
  agent: AgentView;
  models: readonly ModelView[];
}): JSX.Element {
  const org = useOrg();
  const params = { id: agent.id };
  const save = useMutation({
    mutationFn: (draft: ConfigDraft) => api.call("patchAgent", { params, body: bodyOf(draft) }),
    onSuccess: async (saved) => {
      queryClient.setQueryData(["agents", org, agent.id], saved);
      await queryClient.invalidateQueries({ queryKey: agentsQuery(org).queryKey, exact: true });
    },
  });
  return (
    <Page
      title={words.agents.editTitle(agent.name)}
      lead={words.agents.lead}
      aside={<Badge>{words.agents.version(agent.version)}</Badge>}
    >
      <AgentForm
        initial={draftOf(agent)}
        models={models}
        onSave={save.mutate}
        saving={save.isPending}
        go={words.save}
        problem={save.error ? reasonOf(save.error) : undefined}
        done={save.isSuccess ? words.agents.saved(save.data.version) : undefined}
      />
      <DeleteAgent agent={agent} />
    </Page>
  );
}

function DeleteAgent({ agent }: { agent: AgentView }): JSX.Element {
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => api.call("deleteAgent", { params: { id: agent.id } }),
    onSuccess: async () => {
      await navigate({ to: "/agents" });
      await refresh();
    },
  });
  return (
    <div className="flex flex-col items-start gap-2 border-t border-line pt-5">
      <Confirm
        trigger={
          <Button weight="plain" className="-ml-3.5 text-danger!" disabled={remove.isPending}>
            {words.agents.delete}
          </Button>
        }
        title={words.agents.deleteTitle(agent.name)}
        detail={words.agents.deleteDetail}
        confirm={words.agents.delete}
        onConfirm={() => remove.mutate()}
      />
      {remove.error && <ProblemNote>{reasonOf(remove.error)}</ProblemNote>}
    </div>
  );
}

function Broken({ error }: { error: Error }): JSX.Element {
  return (
    <Page title={words.agents.title}>
      <ProblemNote>{reasonOf(error)}</ProblemNote>
    </Page>
  );
}
