// The group's own settings, for admins: its name, who answers, and its end.
import type { Policy } from "@acos/protocol";
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
  const setPolicy = useMutation({
    mutationFn: (change: Partial<Pick<Policy, "wake" | "briefingTokens">>) => {
      if (!settings) throw new Error(words.group.connecting);
      const policy = { ...settings.policy, ...change };
      return connection.send({ kind: "settings-change", policy });
    },
  });
  const problem = rename.error ?? setPolicy.error;
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
            disabled={setPolicy.isPending}
            onChange={(event) =>
              setPolicy.mutate({
                wake: event.target.value === "everyone" ? "everyone" : "mentions",
              })
            }
            {...control}
          >
            <option value="mentions">{words.members.wakeMentions}</option>
            <option value="everyone">{words.members.wakeEveryone}</option>
          </select>
        )}
      </Field>
      <BriefingSize
        key={`briefing ${settings.policy.briefingTokens}`}
        tokens={settings.policy.briefingTokens}
        busy={setPolicy.isPending}
        onSave={(briefingTokens) => setPolicy.mutate({ briefingTokens })}
      />
      {problem && <ProblemNote>{reasonOf(problem)}</ProblemNote>}
      <DeleteGroup group={group} />
    </section>
  );
}

/** What the server takes (BRIEFING_BUDGET_MIN_TOKENS and …_MAX_TOKENS of the protocol). */
const TOKENS = { min: 4_000, max: 500_000, step: "any" };

interface BriefingSizeProps {
  readonly tokens: number;
  readonly busy: boolean;
  readonly onSave: (tokens: number) => void;
}

function BriefingSize({ tokens, busy, onSave }: BriefingSizeProps): JSX.Element {
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(Number(textIn(new FormData(event.currentTarget), "tokens")));
      }}
    >
      <TextField
        label={words.storage.briefing}
        help={words.storage.briefingHelp}
        name="tokens"
        type="number"
        required
        defaultValue={tokens}
        {...TOKENS}
      />
      <Button type="submit" disabled={busy} className="self-start">
        {words.storage.saveBriefing}
      </Button>
    </form>
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
