// The left rail: groups, the way to agents and settings, and who is signed in.
import type { GroupSummary } from "@acos/protocol";
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
  const open = groups.data?.filter(({ archived }) => !archived) ?? [];
  const archived = groups.data?.filter((group) => group.archived) ?? [];
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
      <div className="flex min-h-0 flex-col gap-0.5 overflow-y-auto">
        <GroupLinks groups={open} />
        {groups.data && open.length === 0 && (
          <p className="px-2.5 text-small text-ink-soft">{words.rail.noGroups}</p>
        )}
        {archived.length > 0 && <ArchivedGroups groups={archived} />}
      </div>
    </div>
  );
}

/** Folded away: they come back with a visit. */
function ArchivedGroups({ groups }: { groups: readonly GroupSummary[] }): JSX.Element {
  return (
    <details className="group/archived mt-1">
      <summary className={`${ROW} list-none text-tiny [&::-webkit-details-marker]:hidden`}>
        <span className="transition-transform group-open/archived:rotate-90">
          <Icon name="right" size={13} />
        </span>
        {words.rail.archived(groups.length)}
      </summary>
      <GroupLinks groups={groups} />
    </details>
  );
}

function GroupLinks({ groups }: { groups: readonly GroupSummary[] }): JSX.Element {
  return (
    <ul className="flex flex-col gap-0.5">
      {groups.map((group) => (
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
