// A group's page: header, transcript, composer, and the members beside them.
import type { MessageView } from "@acos/protocol";
import { useParams } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState, type JSX } from "react";

import { WaitingPage } from "../shell/other-pages.tsx";
import { Composer } from "./composer.tsx";
import { GroupHeader } from "./group-header.tsx";
import { GoneGroup } from "./gone-group.tsx";
import { keepDraft, keptDraft } from "./kept-draft.ts";
import { MembersPanel } from "./members-panel.tsx";
import { RehearsalBanner } from "./rehearsal-banner.tsx";
import { Transcript } from "./transcript.tsx";
import { ConnectionContext, useConnection, useSnapshot } from "./use-group.ts";

export function GroupPage(): JSX.Element {
  const { group } = useParams({ from: "/signed-in/groups/$group" });
  const connection = useConnection(group);
  if (!connection) return <WaitingPage />;
  return (
    <ConnectionContext value={connection}>
      <OpenGroup key={group} group={group} />
    </ConnectionContext>
  );
}

/** Wide enough for the members beside the transcript; below, they lie over it. */
const WIDE = "(min-width: 64rem)";

function OpenGroup({ group }: { group: string }): JSX.Element {
  const { state, view } = useSnapshot();
  const [members, setMembers] = useState(() => matchMedia(WIDE).matches);
  const [text, setText] = useKeptText(group);
  const [replyTo, setReplyTo] = useState<MessageView>();
  const field = useRef<HTMLTextAreaElement>(null);
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
  if (!view.group) return <WaitingPage />;
  return (
    <div className="flex h-full">
      <main className="flex min-w-0 flex-1 flex-col">
        <GroupHeader membersShown={members} onMembers={() => setMembers(!members)} />
        <RehearsalBanner />
        <Transcript onReply={setReplyTo} onAgain={onAgain} />
        <Composer
          text={text}
          onText={setText}
          replyTo={replyTo}
          onReplyEnd={endReply}
          field={field}
        />
      </main>
      {members && <MembersPanel group={group} onClose={() => setMembers(false)} />}
    </div>
  );
}

type SetText = React.Dispatch<React.SetStateAction<string>>;

function useKeptText(group: string): readonly [string, SetText] {
  const [text, setText] = useState(() => keptDraft(group));
  useEffect(() => keepDraft(group, text), [group, text]);
  return [text, setText];
}
