// Where messages are written: a field that grows, mentions by keyboard, and a word on who will wake before it is sent.
import type { LocalView } from "@acos/client";
import type { MemberId, MessageView } from "@acos/protocol";
import { useLayoutEffect, type JSX, type KeyboardEvent, type RefObject } from "react";

import { IconButton } from "../ui/button.tsx";
import { words } from "../words.ts";
import { MentionPopup, optionId, POPUP_ID } from "./mention-popup.tsx";
import { nameOf, presentMembers, selfOf } from "./people.ts";
import { RunStrip } from "./run-strip.tsx";
import { useMentions, type Mentions } from "./use-mentions.ts";
import { useOpenConnection, useStillView } from "./use-group.ts";
import { wakePreview } from "./wake-preview.ts";

/** What a group takes as one message (MESSAGE_TEXT_MAX_CHARS of the protocol). */
const TEXT_MAX_CHARS = 32_000;

interface ComposerProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly replyTo: MessageView | undefined;
  /** Contract: called when a person does not want to reply after all. */
  readonly onReplyEnd: () => void;
  /** Contract: called once a message is on its way. */
  readonly onSent: () => void;
  readonly field: RefObject<HTMLTextAreaElement | null>;
}

export function Composer(props: ComposerProps): JSX.Element {
  const { text, onText, replyTo, onReplyEnd, onSent, field } = props;
  const connection = useOpenConnection();
  const view = useStillView();
  const self = selfOf(view);
  const members = presentMembers(view).filter(({ info }) => info.member !== view.self);
  const mentions = useMentions({ text, onText, field, members: members.map(({ info }) => info) });
  const over = text.length - TEXT_MAX_CHARS;
  const canSend = text.trim() !== "" && over <= 0;
  const group = view.group?.name ?? "";
  // Together with what appears, not after it: what a person has chosen since must keep the focus.
  useLayoutEffect(() => field.current?.focus({ preventScroll: true }), [field, replyTo]);

  const send = (): void => {
    if (!canSend) return;
    const parts = [{ type: "text" as const, text }];
    const reply = replyTo ? { replyTo: replyTo.message } : {};
    // A refused message stays in the transcript with its reason.
    connection.send({ kind: "message-post", parts, ...reply }).catch(() => undefined);
    onText("");
    onSent();
  };

  if (view.group?.state === "copying")
    return <p className="px-6 py-5 text-center text-small text-ink-soft">{words.copies.waits}</p>;
  if (self?.role === "viewer")
    return (
      <p className="px-6 py-5 text-center text-small text-ink-soft">{words.composer.viewer}</p>
    );
  return (
    <form
      className="mx-auto w-full max-w-3xl px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] md:px-5"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <RunStrip />
      <div className="relative rounded-xl border border-line-strong bg-raised shadow-[0_1px_3px_var(--shadow)] focus-within:border-accent">
        {replyTo && <ReplyHead name={nameOf(view, replyTo.by)} onEnd={onReplyEnd} />}
        {mentions.query && <MentionPopup mentions={mentions} />}
        <div className="flex items-end gap-1.5 p-1.5">
          <textarea
            ref={field}
            rows={1}
            aria-label={words.composer.label(group)}
            aria-autocomplete="list"
            aria-haspopup="listbox"
            aria-controls={mentions.query ? POPUP_ID : undefined}
            aria-activedescendant={mentions.active ? optionId(mentions.active) : undefined}
            aria-describedby="composer-hint"
            placeholder={words.composer.placeholder}
            className="field-sizing-content max-h-[40vh] min-h-9 min-w-0 flex-1 resize-none bg-transparent px-2 py-1.5 outline-none placeholder:text-ink-soft"
            value={text}
            onChange={(event) => {
              onText(event.target.value);
              mentions.look(event.target);
              connection.typing();
            }}
            onSelect={(event) => mentions.look(event.currentTarget)}
            onBlur={mentions.dismiss}
            onKeyDown={(event) => onKey(event, mentions, { send, endReply: onReplyEnd })}
          />
          <IconButton
            type="submit"
            icon="send"
            label={words.composer.send}
            disabled={!canSend}
            className="size-9 rounded-lg bg-accent text-on-accent! hover:bg-accent-strong disabled:bg-sunken disabled:text-ink-soft! disabled:opacity-100"
          />
        </div>
      </div>
      <Hint text={text} over={over} replyTo={replyTo} />
    </form>
  );
}

function onKey(
  event: KeyboardEvent<HTMLTextAreaElement>,
  mentions: Mentions,
  then: { send: () => void; endReply: () => void },
): void {
  // An Enter that ends an input method's composition belongs to it; 229 is how older ones say so.
  if (event.nativeEvent.isComposing || event.keyCode === 229) return;
  if (mentions.onKey(event.key)) return event.preventDefault();
  if (event.key === "Escape") then.endReply();
  if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
  event.preventDefault();
  then.send();
}

function ReplyHead({ name, onEnd }: { name: string; onEnd: () => void }): JSX.Element {
  return (
    <div className="flex items-center justify-between border-b border-line py-1 pr-1.5 pl-3.5 text-small text-ink-soft">
      {words.composer.replying(name)}
      <IconButton
        icon="close"
        label={words.composer.cancelReply}
        size={15}
        className="size-7"
        onClick={onEnd}
      />
    </div>
  );
}

interface HintProps {
  readonly text: string;
  readonly over: number;
  readonly replyTo: MessageView | undefined;
}

function Hint({ text, over, replyTo }: HintProps): JSX.Element {
  const view = useStillView();
  const tooLong = over > 0;
  return (
    <p
      id="composer-hint"
      className={`px-2 pt-1.5 text-tiny ${tooLong ? "text-danger" : "text-ink-soft"}`}
    >
      {tooLong ? words.composer.tooLong(over) : forecast(view, text, replyTo?.by)}
    </p>
  );
}

function forecast(view: LocalView, text: string, replyTo: MemberId | undefined): string {
  if (text.trim() === "" || !view.group) return words.composer.keys;
  const { wakes, unknown } = wakePreview(
    { text, replyTo },
    view.group.policy,
    presentMembers(view),
  );
  if (unknown !== undefined) return words.composer.unknown(unknown);
  return wakes.length > 0 ? words.composer.wakes(wakes) : words.composer.wakesNobody;
}
