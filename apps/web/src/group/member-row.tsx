// One member in the panel: what it is, whether it is about, and for admins its role and the way out.
import { isOpen, type LocalView } from "@acos/client";
import type { Member, Role } from "@acos/protocol";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { api } from "../api.ts";
import { reasonOf } from "../queries.ts";
import { IconButton } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { words } from "../words.ts";
import { MemberMark } from "./member-mark.tsx";
import { isRehearsal } from "./people.ts";
import { useSnapshot } from "./use-group.ts";

interface MemberRowProps {
  readonly info: Member;
  readonly group: string;
  readonly admin: boolean;
}

export function MemberRow({ info, group, admin }: MemberRowProps): JSX.Element {
  const { view } = useSnapshot();
  const self = info.member === view.self;
  const params = { id: group, member: info.type === "user" ? info.user : info.agent };
  const setRole = useMutation({
    mutationFn: (role: Role) => api.call("putMember", { params, body: { role } }),
  });
  const remove = useMutation({ mutationFn: () => api.call("removeMember", { params }) });
  const problem = setRole.error ?? remove.error;
  return (
    <li className="group/member flex flex-col gap-1 rounded-md px-1.5 py-1.5 hover:bg-rail">
      <div className="flex items-center gap-2.5">
        <Presence view={view} info={info} />
        <div className="min-w-0 flex-1 leading-tight">
          <p className="truncate text-small font-medium">
            {info.name}{" "}
            {self && <span className="font-normal text-ink-soft">({words.members.you})</span>}
          </p>
          <MemberNote view={view} info={info} />
        </div>
        {admin && !self && (
          <Confirm
            trigger={
              <IconButton
                icon="close"
                label={words.members.remove(info.name)}
                size={15}
                className="size-7 opacity-0 group-focus-within/member:opacity-100 group-hover/member:opacity-100"
              />
            }
            title={words.members.removeTitle(info.name)}
            detail={words.members.removeDetail}
            confirm={words.remove}
            onConfirm={() => remove.mutate()}
          />
        )}
      </div>
      <div className="flex items-center gap-2 pl-9.5 text-tiny">
        {admin && !self ? (
          <select
            aria-label={words.members.role(info.name)}
            className="small-select rounded border border-line bg-raised text-ink-soft"
            value={info.role}
            disabled={setRole.isPending}
            onChange={(event) => setRole.mutate(event.target.value as Role)}
          >
            {info.type === "user" && <option value="admin">{words.members.roles.admin}</option>}
            <option value="member">{words.members.roles.member}</option>
            <option value="viewer">{words.members.roles.viewer}</option>
          </select>
        ) : (
          <span className="text-ink-soft">{words.members.roles[info.role]}</span>
        )}
        {info.type === "agent" && (
          <Link
            to="/agents/$agent"
            params={{ agent: info.agent }}
            className="text-ink-soft underline-offset-2 hover:underline"
          >
            {words.members.version(info.version)}
          </Link>
        )}
      </div>
      {problem && <ProblemNote>{reasonOf(problem)}</ProblemNote>}
    </li>
  );
}

/** The mark, with a dot for people who are connected and agents that are at work. */
function Presence({ view, info }: { view: LocalView; info: Member }): JSX.Element {
  const agent = info.type === "agent";
  const busy = [...view.runs.values()].some((run) => run.member === info.member && isOpen(run));
  const lit = agent ? busy : view.online.has(info.member);
  const dot = lit ? (agent ? "animate-breathe bg-warn" : "bg-accent") : "bg-line-strong";
  const says = agent ? undefined : lit ? words.members.online : words.members.offline;
  return (
    <span className="relative">
      <MemberMark info={info} size={28} />
      {(!agent || lit) && (
        <span
          className={`absolute -right-0.5 -bottom-0.5 size-2.5 rounded-full ring-2 ring-canvas ${dot}`}
        >
          {says !== undefined && <span className="sr-only">{says}</span>}
        </span>
      )}
    </span>
  );
}

function MemberNote({ view, info }: { view: LocalView; info: Member }): JSX.Element {
  const run =
    info.type === "agent"
      ? [...view.runs.values()].find((each) => each.member === info.member && isOpen(each))
      : undefined;
  const model = info.type === "agent" ? info.pin.model : "";
  return (
    <p className="truncate text-tiny text-ink-soft" title={model}>
      @{info.handle}
      {run && ` ${words.run.state[run.state]}`}
      {!run && model !== "" && (
        <span className={isRehearsal(model) ? "" : "font-mono"}>
          {" · "}
          {isRehearsal(model) ? words.providers.rehearsal : model}
        </span>
      )}
    </p>
  );
}
