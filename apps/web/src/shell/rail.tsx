// The left rail: groups, the way to agents and settings, and who is signed in.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { groupsQuery } from "../queries.ts";
import { Icon, StarMark, type IconName } from "../ui/icon.tsx";
import { useMayManage, useOrg } from "../use-org.ts";
import { words } from "../words.ts";
import { PersonMenu } from "./person-menu.tsx";

const ROW =
  "flex min-h-9 items-center gap-2.5 rounded-md px-2.5 text-small text-ink-soft transition-colors hover:bg-hover hover:text-ink";
const CURRENT = { className: "bg-hover font-medium text-ink!" };

export function Rail(): JSX.Element {
  const mayManage = useMayManage();
  return (
    <nav
      aria-label={words.rail.label}
      className="flex h-full flex-col gap-5 border-r border-line bg-rail px-2.5 pt-3.5 pb-2.5"
    >
      <Link to="/" className="flex items-center gap-2 px-2 text-small font-semibold tracking-tight">
        <StarMark size={20} />
        {words.product}
      </Link>
      <GroupList />
      <div className="mt-auto flex flex-col gap-0.5">
        <RailLink to="/agents" icon="people" label={words.rail.agents} />
        <h2 className="mt-3 mb-1 px-2.5 text-tiny font-medium text-ink-soft">
          {words.rail.settings}
        </h2>
        <RailLink to="/settings/models" icon="settings" label={words.rail.providers} />
        <RailLink to="/settings/secrets" icon="lock" label={words.rail.secrets} />
        <RailLink to="/settings/keys" icon="key" label={words.rail.keys} />
        {mayManage && <RailLink to="/settings/audit" icon="log" label={words.rail.audit} />}
        <div className="mt-2 border-t border-line pt-2">
          <PersonMenu />
        </div>
      </div>
    </nav>
  );
}

function GroupList(): JSX.Element {
  const groups = useQuery(groupsQuery(useOrg()));
  return (
    <div className="flex min-h-0 flex-col gap-1">
      <div className="flex items-center justify-between pr-0.5 pl-2.5">
        <h2 className="text-tiny font-medium text-ink-soft">{words.rail.groups}</h2>
        <Link
          to="/new-group"
          aria-label={words.rail.newGroup}
          title={words.rail.newGroup}
          className="inline-grid size-7 place-items-center rounded-md text-ink-soft hover:bg-hover hover:text-ink"
        >
          <Icon name="plus" size={16} />
        </Link>
      </div>
      <ul className="flex min-h-0 flex-col gap-0.5 overflow-y-auto">
        {groups.data?.map((group) => (
          <li key={group.id}>
            <Link
              to="/groups/$group"
              params={{ group: group.id }}
              className={ROW}
              activeProps={CURRENT}
            >
              <span className="truncate">{group.name}</span>
            </Link>
          </li>
        ))}
      </ul>
      {groups.data?.length === 0 && (
        <p className="px-2.5 text-small text-ink-soft">{words.rail.noGroups}</p>
      )}
    </div>
  );
}

interface RailLinkProps {
  readonly to:
    | "/agents"
    | "/settings/models"
    | "/settings/secrets"
    | "/settings/keys"
    | "/settings/audit";
  readonly icon: IconName;
  readonly label: string;
}

function RailLink({ to, icon, label }: RailLinkProps): JSX.Element {
  return (
    <Link to={to} className={ROW} activeProps={CURRENT}>
      <Icon name={icon} size={17} />
      {label}
    </Link>
  );
}
