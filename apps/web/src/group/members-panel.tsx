// Who is in the group: people and agents, their roles, whether they are about; and the group's own settings.
import type { LocalMember } from "@acos/client";
import type { JSX } from "react";

import { words } from "../words.ts";
import { AddAgent, AddPerson } from "./add-member.tsx";
import { GroupSettings } from "./group-settings.tsx";
import { MemberRow } from "./member-row.tsx";
import { presentMembers, selfOf } from "./people.ts";
import { SandboxList } from "./sandbox-list.tsx";
import { SidePanel } from "./side-panel.tsx";
import { StorageSettings } from "./storage-settings.tsx";
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
    <SidePanel title={words.group.members} close={words.group.hideMembers} onClose={onClose}>
      <div className="flex flex-col gap-5 py-5">
        <MemberList title={words.members.agents} members={agents} group={group} admin={admin} />
        {admin && <AddAgent group={group} members={agents} />}
        <MemberList title={words.members.people} members={people} group={group} admin={admin} />
        {admin && <AddPerson group={group} />}
        <SandboxList group={group} />
        {admin && <GroupSettings group={group} />}
        <StorageSettings group={group} admin={admin} />
      </div>
    </SidePanel>
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
