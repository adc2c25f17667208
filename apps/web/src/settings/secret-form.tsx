// Keeping a secret, or changing where it may go. Its value is in no state and no attribute here: the field alone holds it,
// from the keyboard to the request, and goes with the form.
import { useMutation } from "@tanstack/react-query";
import type { BodyOf } from "@acos/client";
import type { SecretView } from "@acos/protocol";
import { useState, type FormEvent, type JSX } from "react";

import { api } from "../api.ts";
import { fieldProblems, queryClient, reasonOf } from "../queries.ts";
import { textIn } from "../sign-in/sign-in-page.tsx";
import { Button } from "../ui/button.tsx";
import { Field, ProblemNote, TextField } from "../ui/field.tsx";
import { useOrg } from "../use-org.ts";
import { words } from "../words.ts";
import { SecretGroups } from "./secret-groups.tsx";
import { hostsIn } from "./secret-hosts.ts";

interface SecretFormProps {
  readonly changing: SecretView | undefined;
  /** All there are: a new one does not take the place of another by its name alone. */
  readonly known: readonly SecretView[];
  /** Contract: called after it was saved; the form is not used again. */
  readonly onSaved: (name: string) => void;
  readonly onCancel: () => void;
}

export function SecretForm({ changing, known, onSaved, onCancel }: SecretFormProps): JSX.Element {
  const { secrets: says } = words;
  const [groups, setGroups] = useState<SecretView["groups"]>(changing?.groups ?? "all");
  const [name, setName] = useState(changing?.name ?? "");
  const save = useSave(onSaved);
  const problems = fieldProblems(save.error);
  const taken = !changing && known.some((secret) => secret.name === name);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (!taken) save.mutate({ form: new FormData(event.currentTarget), groups });
  };
  return (
    <form className="flex flex-col gap-5" autoComplete="off" onSubmit={submit}>
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          label={says.name}
          help={changing ? undefined : says.nameHelp}
          error={taken ? says.taken : problems["name"]}
          name="name"
          required
          readOnly={changing !== undefined}
          pattern="[a-z0-9](-?[a-z0-9]){0,63}"
          autoCapitalize="none"
          spellCheck={false}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <TextField
          label={changing ? says.newValue : says.value}
          help={changing ? says.valueKept : says.valueHelp}
          error={problems["value"]}
          name="value"
          type="password"
          // Browsers fill a person's own password into other password fields.
          autoComplete="new-password"
          spellCheck={false}
          required={!changing}
          // Whoever chose to change one is led to its form, however long the list.
          autoFocus={changing !== undefined}
        />
      </div>
      <HostsField hosts={changing?.hosts ?? []} error={problems["hosts"]} />
      <SecretGroups groups={groups} onChange={setGroups} error={problems["groups"]} />
      {save.error && Object.keys(problems).length === 0 && (
        <ProblemNote>{reasonOf(save.error)}</ProblemNote>
      )}
      <div className="flex gap-2">
        <Button type="submit" weight="primary" disabled={save.isPending}>
          {save.isPending ? words.saving : changing ? words.save : says.go}
        </Button>
        {changing && <Button onClick={onCancel}>{words.cancel}</Button>}
      </div>
    </form>
  );
}

interface HostsFieldProps {
  readonly hosts: readonly string[];
  readonly error: string | undefined;
}

function HostsField({ hosts, error }: HostsFieldProps): JSX.Element {
  return (
    <Field label={words.secrets.hosts} help={words.secrets.hostsHelp} error={error}>
      {(control) => (
        <textarea
          name="hosts"
          required
          spellCheck={false}
          autoCapitalize="none"
          className="control field-sizing-content min-h-18 resize-none font-mono text-small"
          defaultValue={hosts.join("\n")}
          {...control}
        />
      )}
    </Field>
  );
}

interface Written {
  readonly form: FormData;
  readonly groups: SecretView["groups"];
}

function useSave(onSaved: (name: string) => void) {
  const org = useOrg();
  return useMutation({
    mutationFn: async ({ form, groups }: Written) => {
      const name = textIn(form, "name");
      const value = textIn(form, "value").trim();
      const body: BodyOf<"putSecret"> = {
        hosts: hostsIn(textIn(form, "hosts")),
        groups: groups === "all" ? groups : [...groups],
        ...(value === "" ? {} : { value }),
      };
      await api.call("putSecret", { params: { org, name }, body });
      return name;
    },
    onSuccess: async (name) => {
      await queryClient.invalidateQueries({ queryKey: ["secrets"] });
      onSaved(name);
    },
    // The value was in what was asked: nothing remembers it once the form is gone.
    gcTime: 0,
  });
}
