// The group's own settings, for admins: its name, who answers, and its end.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { JSX } from "react";

import { api } from "../api.ts";
import { queryClient, reasonOf } from "../queries.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { Field, ProblemNote, TextField } from "../ui/field.tsx";
import { textIn } from "../sign-in/sign-in-page.tsx";
import { words } from "../words.ts";
import { useOpenConnection, useStillView } from "./use-group.ts";

export function GroupSettings({ group }: { group: string }): JSX.Element | null {
  const connection = useOpenConnection();
  const { group: settings } = useStillView();
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["groups"] });
  const rename = useMutation({
    mutationFn: (name: string) => api.call("patchGroup", { params: { id: group }, body: { name } }),
    onSuccess: refresh,
  });
  const setWake = useMutation({
    mutationFn: (wake: "mentions" | "everyone") => {
      if (!settings) throw new Error(words.group.connecting);
      return connection.send({ kind: "settings-change", policy: { ...settings.policy, wake } });
    },
  });
  const problem = rename.error ?? setWake.error;
  if (!settings) return null;
  return (
    <section className="flex flex-col gap-3 border-t border-line px-4 pt-4">
      <h3 className="text-tiny font-medium text-ink-soft">{words.members.settings}</h3>
      <form
        className="flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate(textIn(new FormData(event.currentTarget), "name"));
        }}
      >
        <div className="min-w-0 flex-1">
          <TextField
            key={settings.name}
            label={words.members.name}
            name="name"
            defaultValue={settings.name}
            required
            maxLength={80}
          />
        </div>
        <Button type="submit" disabled={rename.isPending}>
          {words.save}
        </Button>
      </form>
      <Field label={words.members.wake}>
        {(control) => (
          <select
            className="control text-small"
            value={settings.policy.wake}
            disabled={setWake.isPending}
            onChange={(event) =>
              setWake.mutate(event.target.value === "everyone" ? "everyone" : "mentions")
            }
            {...control}
          >
            <option value="mentions">{words.members.wakeMentions}</option>
            <option value="everyone">{words.members.wakeEveryone}</option>
          </select>
        )}
      </Field>
      {problem && <ProblemNote>{reasonOf(problem)}</ProblemNote>}
      <DeleteGroup group={group} />
    </section>
  );
}

function DeleteGroup({ group }: { group: string }): JSX.Element {
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => api.call("deleteGroup", { params: { id: group } }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["groups"] });
      await navigate({ to: "/" });
    },
  });
  return (
    <div className="flex flex-col gap-2">
      <Confirm
        trigger={
          <Button
            weight="plain"
            className="self-start px-0! text-danger!"
            disabled={remove.isPending}
          >
            {words.members.delete}
          </Button>
        }
        title={words.members.deleteTitle}
        detail={words.members.deleteDetail}
        confirm={words.members.delete}
        onConfirm={() => remove.mutate()}
      />
      {remove.error && <ProblemNote>{reasonOf(remove.error)}</ProblemNote>}
    </div>
  );
}
