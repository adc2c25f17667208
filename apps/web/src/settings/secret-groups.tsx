// Which groups' agents may use a secret: all of them, or the chosen ones.
import { useQuery } from "@tanstack/react-query";
import type { GroupId, SecretView } from "@acos/protocol";
import { useId, type JSX } from "react";

import { groupsQuery } from "../queries.ts";
import { useOrg } from "../use-org.ts";
import { words } from "../words.ts";

interface SecretGroupsProps {
  readonly groups: SecretView["groups"];
  readonly onChange: (groups: SecretView["groups"]) => void;
  readonly error: string | undefined;
}

const CHOICE = "flex cursor-pointer items-center gap-2.5 text-small";

export function SecretGroups({ groups, onChange, error }: SecretGroupsProps): JSX.Element {
  const { secrets: says } = words;
  const all = groups === "all";
  const id = useId();
  const noteId = `${id}-note`;
  return (
    <fieldset className="flex flex-col gap-2" aria-describedby={error && noteId}>
      <legend className="mb-1.5 text-small font-medium">{says.groups}</legend>
      <label className={CHOICE}>
        <input
          type="radio"
          name={id}
          className="size-4 accent-(--accent)"
          checked={all}
          onChange={() => onChange("all")}
        />
        {says.allGroups}
      </label>
      <label className={CHOICE}>
        <input
          type="radio"
          name={id}
          className="size-4 accent-(--accent)"
          checked={!all}
          onChange={() => onChange([])}
        />
        {says.someGroups}
      </label>
      {!all && <ChosenGroups chosen={groups} onChange={onChange} />}
      {error && (
        <p id={noteId} className="text-small text-danger">
          {error}
        </p>
      )}
    </fieldset>
  );
}

interface ChosenGroupsProps {
  readonly chosen: readonly GroupId[];
  readonly onChange: (groups: GroupId[]) => void;
}

function ChosenGroups({ chosen, onChange }: ChosenGroupsProps): JSX.Element {
  const groups = useQuery(groupsQuery(useOrg())).data ?? [];
  const isShown = (id: GroupId): boolean => groups.some((group) => group.id === id);
  const hidden = chosen.filter((id) => !isShown(id)).length;
  return (
    <div className="ml-6.5 flex flex-col gap-2">
      {groups.map(({ id, name }) => (
        <label key={id} className={CHOICE}>
          <input
            type="checkbox"
            className="size-4 accent-(--accent)"
            checked={chosen.includes(id)}
            onChange={({ target }) =>
              onChange(target.checked ? [...chosen, id] : chosen.filter((each) => each !== id))
            }
          />
          {name}
        </label>
      ))}
      {groups.length === 0 && <p className="text-small text-ink-soft">{words.secrets.noGroups}</p>}
      {hidden > 0 && (
        <label className={CHOICE}>
          <input
            type="checkbox"
            className="size-4 accent-(--accent)"
            checked
            onChange={() => onChange(chosen.filter(isShown))}
          />
          {words.secrets.hiddenGroups(hidden)}
        </label>
      )}
    </div>
  );
}
