// A group's page: header, transcript or an older stretch of it, composer, and what stands beside them.
import type { MessageView } from "@acos/protocol";
import { useParams } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState, type JSX } from "react";

import { useSearch } from "../history/use-search.ts";
import { WaitingGroup } from "./waiting-group.tsx";
import { ArchivedGroup } from "./archived-group.tsx";
import { Composer } from "./composer.tsx";
import { CopyingNote } from "./copying-note.tsx";
import { GroupNavigationContext, type GroupNavigation } from "./group-navigation.ts";
import { GroupHeader } from "./group-header.tsx";
import { GoneGroup } from "./gone-group.tsx";
import { keepDraft, keptDraft } from "./kept-draft.ts";
import { ReadingPart } from "./reading-part.tsx";
import { RehearsalBanner } from "./rehearsal-banner.tsx";
import { ShownPanel } from "./shown-panel.tsx";
import { ConnectionContext, useConnection, useOpenConnection, useSnapshot } from "./use-group.ts";
import { isWide, usePanels, type Panels } from "./use-panel.ts";
import { usePlace, type ReadingPlace } from "./use-place.ts";

export function GroupPage(): JSX.Element {
  const { group } = useParams({ from: "/signed-in/groups/$group" });
  const { connection, archived, reopen } = useConnection(group);
  if (archived) return <ArchivedGroup onOpen={reopen} />;
  if (!connection) return <WaitingGroup group={group} />;
  return (
    <ConnectionContext value={connection}>
      <OpenGroup key={group} group={group} onReopen={reopen} />
    </ConnectionContext>
  );
}

interface OpenGroupProps {
  readonly group: string;
  /** Contract: called when the group is to be asked anew what it is. */
  readonly onReopen: () => void;
}

function OpenGroup({ group, onReopen }: OpenGroupProps): JSX.Element {
  const { state, view } = useSnapshot();
  const panels = usePanels();
  const reading = usePlace(group, useOpenConnection());
  const search = useSearch(panels);
  const navigation = useNavigation(panels, reading, onReopen);
  const [replyTo, setReplyTo] = useState<MessageView>();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useKeptText(group);
  const onAgain = useCallback(
    (again: string) => {
      setText((before) => (before.trim() === "" ? again : `${before}\n${again}`));
      field.current?.focus();
    },
    [setText],
  );
  const endReply = useCallback(() => setReplyTo(undefined), []);
  useEffect(() => {
    if (view.group) document.title = `${view.group.name} · acos`;
  }, [view.group]);

  if (state.name === "failed") return <GoneGroup problem={state.problem} />;
  if (!view.group) return <WaitingGroup group={group} />;
  return (
    <GroupNavigationContext value={navigation}>
      <div className="flex h-full">
        <main className="flex min-w-0 flex-1 flex-col">
          <GroupHeader panels={panels} search={search} />
          <RehearsalBanner />
          {view.group.state === "copying" && <CopyingNote group={group} onCopied={onReopen} />}
          <ReadingPart group={group} reading={reading} onReply={setReplyTo} onAgain={onAgain} />
          <Composer
            text={text}
            onText={setText}
            replyTo={replyTo}
            onReplyEnd={endReply}
            onSent={() => {
              endReply();
              reading.toNewest();
            }}
            field={field}
          />
        </main>
        <ShownPanel group={group} panels={panels} search={search} />
      </div>
    </GroupNavigationContext>
  );
}

function useNavigation(
  { show, close }: Panels,
  { jump }: ReadingPlace,
  reopen: () => void,
): GroupNavigation {
  return useMemo(
    () => ({
      jump: (target) => {
        jump(target);
        // Where a panel lies over the transcript, what it leads to is seen only without it.
        if (!isWide()) close();
      },
      reopen,
      showBriefing: (message) => show({ kind: "briefing", message }),
      showSummary: () => show({ kind: "summary" }),
    }),
    [jump, show, close, reopen],
  );
}

type SetText = React.Dispatch<React.SetStateAction<string>>;

function useKeptText(group: string): readonly [string, SetText] {
  const [text, setText] = useState(() => keptDraft(group));
  useEffect(() => keepDraft(group, text), [group, text]);
  return [text, setText];
}
