// The head of a group: its name, whether the line to it stands, and the way to its members.
import type { JSX } from "react";

import { Icon } from "../ui/icon.tsx";
import { words } from "../words.ts";
import { MemberMark } from "./member-mark.tsx";
import { presentMembers } from "./people.ts";
import { useOpenConnection, useSnapshot } from "./use-group.ts";

/** Marks shown before the number of the rest. */
const MARKS_MAX = 5;

interface GroupHeaderProps {
  readonly membersShown: boolean;
  readonly onMembers: () => void;
}

export function GroupHeader({ membersShown, onMembers }: GroupHeaderProps): JSX.Element {
  const { view } = useSnapshot();
  const members = presentMembers(view);
  return (
    <header className="flex h-13 shrink-0 items-center gap-3 border-b border-line pr-3 pl-13 md:pl-6">
      <h1 className="min-w-0 truncate font-semibold tracking-tight">{view.group?.name}</h1>
      <ConnectionChip />
      <button
        type="button"
        aria-pressed={membersShown}
        title={membersShown ? words.group.hideMembers : words.group.showMembers}
        className={`ml-auto flex min-h-9 items-center gap-2 rounded-md px-2 text-small text-ink-soft hover:bg-hover hover:text-ink ${membersShown ? "bg-hover" : ""}`}
        onClick={onMembers}
      >
        <span className="sr-only">
          {membersShown ? words.group.hideMembers : words.group.showMembers}
        </span>
        <span aria-hidden className="flex -space-x-1.5 max-sm:hidden">
          {members.slice(0, MARKS_MAX).map(({ info }) => (
            <span key={info.member} className="rounded-[30%] ring-2 ring-canvas">
              <MemberMark info={info} size={22} />
            </span>
          ))}
        </span>
        <span className="sm:hidden">
          <Icon name="people" />
        </span>
        {members.length}
      </button>
    </header>
  );
}

/** A small word while the line is down; the transcript stays usable. */
function ConnectionChip(): JSX.Element | null {
  const connection = useOpenConnection();
  const { state } = useSnapshot();
  if (state.name === "live" || state.name === "replaying") return null;
  return (
    <p role="status" className="flex items-center gap-1.5 text-tiny text-ink-soft">
      <span className="size-1.5 animate-breathe rounded-full bg-warn" />
      {words.group.reconnecting}
      {state.name === "waiting" && (
        <button
          type="button"
          className="rounded px-1 underline underline-offset-2"
          onClick={() => connection.retryNow()}
        >
          {words.group.tryNow}
        </button>
      )}
    </p>
  );
}
