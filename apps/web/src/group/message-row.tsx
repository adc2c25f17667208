// One message of the transcript: its parts, what happened to it, and what one may do with it.
import type { LocalMessage, LocalRun } from "@acos/client";
import type { MessageView, Part } from "@acos/protocol";
import { memo, useState, type JSX, type RefCallback } from "react";

import { words } from "../words.ts";
import { MarkdownText } from "./markdown.tsx";
import { MessageToolbar } from "./message-toolbar.tsx";
import { MessageEditor } from "./message-editor.tsx";
import { BriefingMark } from "./briefing-mark.tsx";
import { modelOf, nameOf, selfOf } from "./people.ts";
import { Reactions } from "./reactions.tsx";
import { WokeNobody } from "./receipt.tsx";
import { RowFrame } from "./row-frame.tsx";
import { useStillView } from "./use-group.ts";

interface MessageRowProps {
  readonly message: LocalMessage;
  readonly run: LocalRun | undefined;
  readonly head: boolean;
  /** Given to the row that one jumped to, which stands out. */
  readonly markRef: RefCallback<HTMLElement> | undefined;
  /** Contract: called when a person wants to reply to this message. */
  readonly onReply: (message: MessageView) => void;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps): JSX.Element {
  const { message, run, head, onReply, markRef } = props;
  const view = useStillView();
  const [editing, setEditing] = useState(false);
  const gone = message.redactedAt !== undefined;
  const canWrite = (selfOf(view)?.role ?? "viewer") !== "viewer";
  const answered = message.replyTo && view.messages.get(message.replyTo);
  return (
    <article
      ref={markRef}
      id={message.message}
      aria-label={words.message.of(nameOf(view, message.by))}
      aria-current={markRef && "location"}
      tabIndex={-1}
      className={`group/message relative rounded-lg pb-1 outline-none ${markRef ? "bg-accent-soft/60 shadow-[inset_2px_0_var(--accent)]" : "hover:bg-rail/60 focus-within:bg-rail/60"}`}
    >
      <RowFrame
        by={message.by}
        head={head}
        at={message.at}
        model={modelOf(view, message.by, run)}
        note={message.replyTo && <ReplyNote name={nameOf(view, answered?.by)} />}
      >
        {gone && <p className="text-ink-soft italic">{words.message.redacted}</p>}
        {editing && !gone && <MessageEditor message={message} onDone={() => setEditing(false)} />}
        {!editing && !gone && <Parts parts={message.parts} message={message} />}
        {message.incomplete && <p className="text-small text-danger">{words.message.incomplete}</p>}
        {message.editedAt !== undefined && !gone && (
          <p className="text-tiny text-ink-soft">{words.message.edited}</p>
        )}
        <Reactions message={message} />
        <BriefingMark message={message.message} />
        <WokeNobody message={message} />
      </RowFrame>
      {!gone && !editing && (
        <MessageToolbar
          message={message}
          canWrite={canWrite}
          onReply={() => onReply(message)}
          onEdit={() => setEditing(true)}
        />
      )}
    </article>
  );
});

function ReplyNote({ name }: { name: string }): JSX.Element {
  return <span className="text-tiny text-ink-soft">{words.message.replyTo(name)}</span>;
}

function Parts({ parts, message }: { parts: readonly Part[]; message: MessageView }): JSX.Element {
  return (
    <div className="flex flex-col gap-2">
      {parts.map((part, index) => {
        if (part.type === "reasoning") return <Reasoning key={index} text={part.text} />;
        return <MarkdownText key={index} text={part.text} mentions={message.mentions} />;
      })}
    </div>
  );
}

/** What a model said to itself, folded away. */
export function Reasoning({ text }: { text: string }): JSX.Element {
  return (
    <details className="text-small text-ink-soft">
      <summary className="w-fit">{words.message.reasoning}</summary>
      <p className="mt-1 border-l-2 border-line pl-3 whitespace-pre-wrap">{text}</p>
    </details>
  );
}
