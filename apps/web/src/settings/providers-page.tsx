// Where models run: the installation's own providers and the org's, whose keys go in and never come out.
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ProviderView } from "@acos/protocol";
import { useState, type JSX } from "react";

import { api } from "../api.ts";
import { providersQuery, queryClient, reasonOf } from "../queries.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { Page, Section } from "../ui/page.tsx";
import { useOrg } from "../use-org.ts";
import { words } from "../words.ts";
import { MoveAgents } from "./move-agents.tsx";
import { ProviderForm } from "./provider-form.tsx";

export function ProvidersPage(): JSX.Element {
  const org = useOrg();
  const providers = useQuery(providersQuery(org));
  const [changing, setChanging] = useState<ProviderView>();
  return (
    <Page title={words.providers.title} lead={words.providers.lead}>
      {providers.error && <ProblemNote>{reasonOf(providers.error)}</ProblemNote>}
      <ul className="flex flex-col gap-2">
        {providers.data?.map((provider) => (
          <ProviderRow
            key={provider.name}
            provider={provider}
            onChange={() => setChanging(provider)}
          />
        ))}
      </ul>
      <MoveAgents />
      <Section
        title={changing ? `${words.providers.change}: ${changing.name}` : words.providers.add}
      >
        <ProviderForm
          key={changing ? `${changing.name} ${changing.version}` : "new"}
          changing={changing}
          onDone={() => setChanging(undefined)}
        />
      </Section>
    </Page>
  );
}

interface ProviderRowProps {
  readonly provider: ProviderView;
  readonly onChange: () => void;
}

function ProviderRow({ provider, onChange }: ProviderRowProps): JSX.Element {
  const org = useOrg();
  const remove = useMutation({
    mutationFn: () => api.call("deleteProvider", { params: { org, name: provider.name } }),
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ["providers"] }),
        queryClient.invalidateQueries({ queryKey: ["models"] }),
      ]),
  });
  const rehearsal = provider.kind === "rehearsal";
  return (
    <li className="flex flex-col gap-2 rounded-xl border border-line bg-raised p-3.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-2">
            <span className="font-semibold">{provider.name}</span>
            {provider.builtin && <Badge>{words.providers.builtin}</Badge>}
            {rehearsal && <Badge tone="warn">{words.providers.rehearsal}</Badge>}
            {!rehearsal && (
              <Badge tone={provider.hasKey ? "accent" : "plain"}>
                {provider.hasKey ? words.providers.hasKey : words.providers.noKey}
              </Badge>
            )}
          </p>
          <p className="truncate font-mono text-tiny text-ink-soft">
            {provider.models.length > 0 ? provider.models.join(", ") : words.providers.noModels}
          </p>
        </div>
        {!provider.builtin && (
          <div className="flex gap-2">
            <Button onClick={onChange}>{words.providers.change}</Button>
            <Confirm
              trigger={<Button weight="plain">{words.remove}</Button>}
              title={words.providers.removeTitle(provider.name)}
              detail={words.providers.removeDetail}
              confirm={words.remove}
              onConfirm={() => remove.mutate()}
            />
          </div>
        )}
      </div>
      {remove.error && <ProblemNote>{reasonOf(remove.error)}</ProblemNote>}
    </li>
  );
}
