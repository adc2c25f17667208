// Who is in the group: people and agents, their roles, whether they are about; and the group's own settings.
import type { LocalMember } from "@acos/client";
import type { JSX } from "react";

import { IconButton } from "../ui/button.tsx";
import { words } from "../words.ts";
import { AddAgent, AddPerson } from "./add-member.tsx";
import { GroupSettings } from "./group-settings.tsx";
import { MemberRow } from "./member-row.tsx";
import { presentMembers, selfOf } from "./people.ts";
import { useSnapshot } from "./use-group.ts";

interface MembersPanelProps {
  readonly group: string;
  readonly onClose: () => void;
}

export function MembersPanel({ group, onClose }: MembersPanelProps): JSX.Element {
  const { view } = useSnapshot();
  const members = presentMembers(view);
  const admin = selfOf(view)?.role === "admin";
  const people = members.filter(({ info }) => info.type === "user");
  const agents = members.filter(({ info }) => info.type === "agent");
  return (
    <aside
      aria-label={words.group.members}
      className="flex w-72 shrink-0 flex-col gap-5 overflow-y-auto border-l border-line bg-canvas pb-5 max-lg:fixed max-lg:inset-y-0 max-lg:right-0 max-lg:z-20 max-lg:shadow-float max-sm:w-full"
    >
      <header className="flex h-13 shrink-0 items-center justify-between border-b border-line pr-2.5 pl-4">
        <h2 className="text-small font-semibold">{words.group.members}</h2>
        <IconButton icon="close" label={words.group.hideMembers} onClick={onClose} />
      </header>
      <MemberList title={words.members.agents} members={agents} group={group} admin={admin} />
      {admin && <AddAgent group={group} members={agents} />}
      <MemberList title={words.members.people} members={people} group={group} admin={admin} />
      {admin && <AddPerson group={group} />}
      {admin && <GroupSettings group={group} />}
    </aside>
  );
}

interface MemberListProps {
  readonly title: string;
  readonly members: readonly LocalMember[];
  readonly group: string;
  readonly admin: boolean;
}

function MemberList({ title, members, group, admin }: MemberListProps): JSX.Element {
  return (
    <section className="flex flex-col gap-1 px-2.5">
      <h3 className="px-1.5 text-tiny font-medium text-ink-soft">{title}</h3>
      <ul className="flex flex-col">
        {members.map(({ info }) => (
          <MemberRow key={info.member} info={info} group={group} admin={admin} />
        ))}
      </ul>
    </section>
  );
}
