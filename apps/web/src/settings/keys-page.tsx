// API keys: made here, shown once, revoked here.
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ApiKeyView } from "@acos/protocol";
import type { JSX } from "react";

import { api } from "../api.ts";
import { dateOf } from "../group/times.ts";
import { keysQuery, queryClient, reasonOf } from "../queries.ts";
import { textIn } from "../sign-in/sign-in-page.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { Field, ProblemNote, TextField } from "../ui/field.tsx";
import { Page, Section } from "../ui/page.tsx";
import { useCopy } from "../ui/use-copy.ts";
import { words } from "../words.ts";

const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ["keys"] });

export function KeysPage(): JSX.Element {
  const keys = useQuery(keysQuery);
  return (
    <Page title={words.keys.title} lead={words.keys.lead}>
      {keys.error && <ProblemNote>{reasonOf(keys.error)}</ProblemNote>}
      {keys.data?.length === 0 && <p className="text-ink-soft">{words.keys.none}</p>}
      <ul className="flex flex-col gap-2">
        {keys.data?.map((key) => (
          <KeyRow key={key.id} apiKey={key} />
        ))}
      </ul>
      <Section title={words.keys.make}>
        <NewKey />
      </Section>
    </Page>
  );
}

function KeyRow({ apiKey }: { apiKey: ApiKeyView }): JSX.Element {
  const revoke = useMutation({
    mutationFn: () => api.call("deleteApiKey", { params: { id: apiKey.id } }),
    onSuccess: refresh,
  });
  const readOnly = !apiKey.scopes.includes("write");
  return (
    <li className="flex flex-wrap items-center gap-3 rounded-xl border border-line bg-raised p-3.5">
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2 font-semibold">
          {apiKey.name} <Badge>{readOnly ? words.keys.read : words.keys.full}</Badge>
        </p>
        <p className="text-tiny text-ink-soft">
          <span className="font-mono">{apiKey.start}…</span>{" "}
          {words.keys.created(dateOf(apiKey.createdAt))}
        </p>
      </div>
      <Confirm
        trigger={<Button disabled={revoke.isPending}>{words.keys.revoke}</Button>}
        title={words.keys.revokeTitle(apiKey.name)}
        detail={words.keys.revokeDetail}
        confirm={words.keys.revoke}
        onConfirm={() => revoke.mutate()}
      />
      {revoke.error && <ProblemNote>{reasonOf(revoke.error)}</ProblemNote>}
    </li>
  );
}

function NewKey(): JSX.Element {
  const make = useMutation({
    mutationFn: (form: FormData) => {
      const readOnly = textIn(form, "access") === "read";
      const body = {
        name: textIn(form, "name"),
        ...(readOnly ? { scopes: ["read" as const] } : {}),
      };
      return api.call("createApiKey", { body });
    },
    onSuccess: refresh,
  });
  return (
    <>
      {make.data && <MadeKey secret={make.data.key} />}
      <form
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate(new FormData(event.currentTarget));
          event.currentTarget.reset();
        }}
      >
        <div className="grid gap-5 sm:grid-cols-2">
          <TextField
            label={words.keys.name}
            placeholder={words.keys.namePlaceholder}
            name="name"
            required
            maxLength={64}
          />
          <Field label={words.keys.access}>
            {(control) => (
              <select name="access" className="control" {...control}>
                <option value="full">{words.keys.full}</option>
                <option value="read">{words.keys.read}</option>
              </select>
            )}
          </Field>
        </div>
        {make.error && <ProblemNote>{reasonOf(make.error)}</ProblemNote>}
        <Button type="submit" weight="primary" className="self-start" disabled={make.isPending}>
          {words.keys.go}
        </Button>
      </form>
    </>
  );
}

function MadeKey({ secret }: { secret: string }): JSX.Element {
  const [copied, copy] = useCopy();
  return (
    <div
      role="status"
      className="flex flex-col gap-2 rounded-xl border border-line bg-accent-soft p-4"
    >
      <p className="text-small">{words.keys.once}</p>
      <div className="flex flex-wrap items-center gap-2">
        <code className="min-w-0 flex-1 rounded-md bg-raised px-3 py-2 font-mono text-small break-all">
          {secret}
        </code>
        <Button onClick={() => copy(secret)}>{copied ? words.copied : words.copy}</Button>
      </div>
    </div>
  );
}
