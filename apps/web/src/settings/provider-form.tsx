// Connecting a provider, or changing one: kind, address, key, and the models it has.
import { useMutation } from "@tanstack/react-query";
import type { ProviderKind, ProviderView } from "@acos/protocol";
import { useState, type JSX } from "react";

import { api } from "../api.ts";
import { queryClient, reasonOf } from "../queries.ts";
import { textIn } from "../sign-in/sign-in-page.tsx";
import { Button } from "../ui/button.tsx";
import { Field, ProblemNote, TextField } from "../ui/field.tsx";
import { useOrg } from "../use-org.ts";
import { words } from "../words.ts";

const KINDS = [
  "openai-compatible",
  "openai",
  "anthropic",
  "google",
] as const satisfies readonly ProviderKind[];

/** Names and models to begin with; everything can be overwritten. */
const SUGGESTED: Record<ProviderKind, { name: string; models: string }> = {
  "openai-compatible": { name: "local", models: "" },
  openai: { name: "openai", models: "" },
  anthropic: { name: "anthropic", models: "" },
  google: { name: "google", models: "" },
};

interface ProviderFormProps {
  readonly changing: ProviderView | undefined;
  /** Contract: called after it was saved, and when a change is given up. */
  readonly onDone: () => void;
}

export function ProviderForm({ changing, onDone }: ProviderFormProps): JSX.Element {
  const [kind, setKind] = useState<ProviderKind>(kindOf(changing));
  const save = useSave(kind, onDone);
  return (
    <form
      className="flex flex-col gap-5"
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(new FormData(event.currentTarget));
      }}
    >
      <div className="grid gap-5 sm:grid-cols-2">
        <Field label={words.providers.kind}>
          {(control) => (
            <select
              className="control"
              value={kind}
              onChange={(event) => setKind(event.target.value as ProviderKind)}
              {...control}
            >
              {KINDS.map((each) => (
                <option key={each} value={each}>
                  {words.providers.kinds[each]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <TextField
          key={kind}
          label={words.providers.name}
          help={words.providers.nameHelp}
          name="name"
          required
          readOnly={changing !== undefined}
          pattern="[a-z0-9](-?[a-z0-9]){0,31}"
          defaultValue={changing?.name ?? SUGGESTED[kind].name}
        />
      </div>
      <AddressFields kind={kind} changing={changing} />
      {save.error && <ProblemNote>{reasonOf(save.error)}</ProblemNote>}
      <div className="flex gap-2">
        <Button type="submit" weight="primary" disabled={save.isPending}>
          {save.isPending ? words.saving : changing ? words.save : words.providers.go}
        </Button>
        {changing && <Button onClick={onDone}>{words.cancel}</Button>}
      </div>
    </form>
  );
}

interface AddressFieldsProps {
  readonly kind: ProviderKind;
  readonly changing: ProviderView | undefined;
}

function AddressFields({ kind, changing }: AddressFieldsProps): JSX.Element {
  const needsUrl = kind === "openai-compatible";
  return (
    <>
      <TextField
        label={words.providers.baseUrl}
        help={needsUrl ? words.providers.baseUrlHelp : words.providers.baseUrlOptional}
        name="baseUrl"
        type="url"
        required={needsUrl}
        defaultValue={changing?.baseUrl ?? ""}
      />
      <TextField
        label={words.providers.key}
        help={changing?.hasKey ? words.providers.keyKept : words.providers.keyHelp}
        name="apiKey"
        type="password"
        autoComplete="off"
        spellCheck={false}
        required={!needsUrl && !changing?.hasKey}
      />
      <Field label={words.providers.models} help={words.providers.modelsHelp}>
        {(control) => (
          <textarea
            name="models"
            required
            spellCheck={false}
            className="control field-sizing-content min-h-18 resize-none font-mono text-small"
            defaultValue={changing?.models.join("\n") ?? SUGGESTED[kind].models}
            {...control}
          />
        )}
      </Field>
    </>
  );
}

function useSave(kind: ProviderKind, onDone: () => void) {
  const org = useOrg();
  return useMutation({
    mutationFn: (form: FormData) => {
      const baseUrl = textIn(form, "baseUrl").trim();
      const apiKey = textIn(form, "apiKey").trim();
      const models = textIn(form, "models")
        .split(/[\s,]+/)
        .filter((name) => name !== "");
      const params = { org, name: textIn(form, "name") };
      const body = {
        kind,
        models,
        ...(baseUrl === "" ? {} : { baseUrl }),
        ...(apiKey === "" ? {} : { apiKey }),
      };
      return api.call("putProvider", { params, body });
    },
    onSuccess: async () => {
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: ["providers"] }),
        queryClient.invalidateQueries({ queryKey: ["models"] }),
      ]);
      onDone();
    },
  });
}

function kindOf(provider: ProviderView | undefined): ProviderKind {
  return KINDS.find((kind) => kind === provider?.kind) ?? "openai-compatible";
}
