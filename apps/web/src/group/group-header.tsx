// The head of a group: its name, whether the line to it stands, the search, and the ways to summary and members.
import type { JSX } from "react";

import { SearchBox } from "../history/search-box.tsx";
import type { Search } from "../history/use-search.ts";
import { Badge } from "../ui/badge.tsx";
import { IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { words } from "../words.ts";
import { MemberMark } from "./member-mark.tsx";
import { presentMembers } from "./people.ts";
import { useOpenConnection, useSnapshot } from "./use-group.ts";
import type { Panels } from "./use-panel.ts";

/** Marks shown before the number of the rest. */
const MARKS_MAX = 5;

interface GroupHeaderProps {
  readonly panels: Panels;
  readonly search: Search;
}

export function GroupHeader({ panels, search }: GroupHeaderProps): JSX.Element {
  const { view } = useSnapshot();
  const { panel, show, close, toggleMembers } = panels;
  const summary = panel?.kind === "summary";
  return (
    <header className="flex h-13 shrink-0 items-center gap-2 border-b border-line pr-3 pl-13 md:pl-6">
      <h1 className="min-w-0 truncate font-semibold tracking-tight">{view.group?.name}</h1>
      {view.group?.state === "copying" && <Badge tone="warn">{words.copies.badge}</Badge>}
      <ConnectionChip />
      <SearchBox
        {...search.inHead}
        field={search.headField}
        className="ml-auto w-48 shrink-0 max-lg:hidden xl:w-64"
      />
      <IconButton
        icon="search"
        label={words.search.open}
        className="ml-auto lg:hidden"
        onClick={search.open}
      />
      <IconButton
        icon="summary"
        label={words.summary.open}
        aria-pressed={summary}
        className={summary ? "bg-hover" : ""}
        onClick={() => (summary ? close() : show({ kind: "summary" }))}
      />
      <MembersButton shown={panel?.kind === "members"} onClick={toggleMembers} />
    </header>
  );
}

function MembersButton({ shown, onClick }: { shown: boolean; onClick: () => void }): JSX.Element {
  const { view } = useSnapshot();
  const members = presentMembers(view);
  const label = shown ? words.group.hideMembers : words.group.showMembers;
  return (
    <button
      type="button"
      aria-pressed={shown}
      title={label}
      className={`flex min-h-9 items-center gap-2 rounded-md px-2 text-small text-ink-soft hover:bg-hover hover:text-ink ${shown ? "bg-hover" : ""}`}
      onClick={onClick}
    >
      <span className="sr-only">{label}</span>
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
