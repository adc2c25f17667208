// What tools send and nobody may read: the org's secrets by name, where each may go, and the form that keeps one.
import { useMutation, useQuery } from "@tanstack/react-query";
import type { SecretView } from "@acos/protocol";
import { useState, type JSX } from "react";

import { api } from "../api.ts";
import { dateOf } from "../group/times.ts";
import { queryClient, reasonOf, secretsQuery } from "../queries.ts";
import { Badge, type BadgeTone } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { Page, Section } from "../ui/page.tsx";
import { useMayManage, useOrg } from "../use-org.ts";
import { words } from "../words.ts";
import { SecretForm } from "./secret-form.tsx";
import { useNames, type NameOf } from "./use-names.ts";

export function SecretsPage(): JSX.Element {
  const secrets = useQuery(secretsQuery(useOrg()));
  const mayManage = useMayManage();
  const nameOf = useNames();
  const [changing, setChanging] = useState<SecretView>();
  const [said, setSaid] = useState<string>();
  /** Counts the forms: what was typed into one is gone with it. */
  const [form, setForm] = useState(0);
  const { secrets: says } = words;
  const open = (secret: SecretView | undefined, done?: string): void => {
    setChanging(secret);
    setSaid(done);
    setForm(form + 1);
  };
  return (
    <Page title={says.title} lead={says.lead}>
      {secrets.error && <ProblemNote>{reasonOf(secrets.error)}</ProblemNote>}
      {!mayManage && <p className="text-small text-ink-soft">{says.readOnly}</p>}
      {secrets.data?.length === 0 && <p className="text-ink-soft">{says.none}</p>}
      <ul className="flex flex-col gap-2 empty:hidden">
        {secrets.data?.map((secret) => (
          <SecretRow
            key={secret.name}
            secret={secret}
            nameOf={nameOf}
            onChange={mayManage ? () => open(secret) : undefined}
            onDeleted={() => open(undefined, says.deleted(secret.name))}
          />
        ))}
      </ul>
      {mayManage && secrets.data && (
        <Section title={changing ? says.changing(changing.name) : says.add}>
          <p role="status" className="text-small text-ink-soft empty:hidden">
            {said}
          </p>
          <SecretForm
            key={form}
            changing={changing}
            known={secrets.data}
            onSaved={(name) => open(undefined, changing ? says.changed(name) : says.kept(name))}
            onCancel={() => open(undefined)}
          />
        </Section>
      )}
    </Page>
  );
}

interface SecretRowProps {
  readonly secret: SecretView;
  readonly nameOf: NameOf;
  /** Left out for whoever may not change it. */
  readonly onChange: (() => void) | undefined;
  readonly onDeleted: () => void;
}

function SecretRow({ secret, nameOf, onChange, onDeleted }: SecretRowProps): JSX.Element {
  const { secrets: says } = words;
  const { name, hosts, groups, createdAt, createdBy } = secret;
  return (
    <li className="flex flex-col gap-2 rounded-xl border border-line bg-raised p-3.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 basis-56">
          <p className="flex flex-wrap items-center gap-2">
            <span className="font-mono text-small font-semibold">{name}</span>
            <Badge tone={toneOf(groups)}>
              {groups === "all" ? says.forAll : says.forGroups(groups.map(nameOf))}
            </Badge>
          </p>
          <p className="text-small text-ink-soft [overflow-wrap:anywhere]">
            {says.goes} <span className="font-mono text-tiny text-ink">{hosts.join(", ")}</span>
          </p>
          <p className="text-tiny text-ink-soft">
            {says.keptBy(dateOf(createdAt), nameOf(createdBy))}
          </p>
        </div>
        {onChange && <SecretActions name={name} onChange={onChange} onDeleted={onDeleted} />}
      </div>
    </li>
  );
}

function toneOf(groups: SecretView["groups"]): BadgeTone {
  if (groups === "all") return "plain";
  return groups.length === 0 ? "warn" : "accent";
}

interface SecretActionsProps {
  readonly name: string;
  readonly onChange: () => void;
  readonly onDeleted: () => void;
}

function SecretActions({ name, onChange, onDeleted }: SecretActionsProps): JSX.Element {
  const org = useOrg();
  const { secrets: says } = words;
  const remove = useMutation({
    mutationFn: () => api.call("deleteSecret", { params: { org, name } }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["secrets"] });
      onDeleted();
    },
  });
  return (
    <>
      <div className="flex gap-2">
        <Button aria-label={says.changeOne(name)} onClick={onChange}>
          {says.change}
        </Button>
        <Confirm
          trigger={
            <Button weight="plain" aria-label={says.removeOne(name)} disabled={remove.isPending}>
              {says.delete}
            </Button>
          }
          title={says.deleteTitle(name)}
          detail={says.deleteDetail}
          confirm={says.delete}
          onConfirm={() => remove.mutate()}
        />
      </div>
      {remove.error && <ProblemNote>{reasonOf(remove.error)}</ProblemNote>}
    </>
  );
}
