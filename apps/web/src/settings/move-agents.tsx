// The last step out of the rehearsal: once a real model is there, the agents that still rehearse can move to it.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type JSX } from "react";

import { api } from "../api.ts";
import { isRehearsal } from "../group/people.ts";
import { agentsQuery, modelsQuery, queryClient, reasonOf } from "../queries.ts";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { useOrg } from "../use-org.ts";
import { words } from "../words.ts";

export function MoveAgents(): JSX.Element | null {
  const org = useOrg();
  const agents = useQuery(agentsQuery(org)).data?.filter((agent) => isRehearsal(agent.model)) ?? [];
  const models = useQuery(modelsQuery(org)).data?.filter((model) => !model.rehearsal) ?? [];
  const [chosen, setChosen] = useState<string>();
  const model = chosen ?? models[0]?.model;
  const move = useMutation({
    mutationFn: async (to: string) => {
      for (const { id } of agents)
        await api.call("patchAgent", { params: { id }, body: { model: to } });
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["agents"] }),
  });
  if (move.isSuccess) return <Moved />;
  if (agents.length === 0 || model === undefined) return null;
  return (
    <section className="flex flex-col gap-3 rounded-xl border border-warn-line bg-warn-soft p-4">
      <h2 className="text-small font-semibold text-warn">{words.providers.moveTitle}</h2>
      <div className="flex flex-wrap gap-2">
        {models.length > 1 && (
          <select
            aria-label={words.agents.model}
            className="control w-auto! max-w-full"
            value={model}
            onChange={(event) => setChosen(event.target.value)}
          >
            {models.map((each) => (
              <option key={each.model}>{each.model}</option>
            ))}
          </select>
        )}
        <Button weight="primary" disabled={move.isPending} onClick={() => move.mutate(model)}>
          {words.providers.move(agents.length, model)}
        </Button>
      </div>
      {move.error && <ProblemNote>{reasonOf(move.error)}</ProblemNote>}
    </section>
  );
}

function Moved(): JSX.Element {
  return (
    <p role="status" className="rounded-xl bg-accent-soft px-4 py-3 text-small text-accent-strong">
      {words.providers.moved}{" "}
      <Link to="/" className="font-medium underline underline-offset-2">
        {words.providers.openGroups}
      </Link>
    </p>
  );
}
