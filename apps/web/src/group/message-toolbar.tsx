// What one may do with a message: shown beside it on hover and focus, on a phone after a tap.
import type { LocalMessage } from "@acos/client";
import type { MessageView } from "@acos/protocol";
import { Popover } from "@base-ui/react/popover";
import type { JSX } from "react";

import { IconButton } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { words } from "../words.ts";
import { MessageMenu } from "./message-menu.tsx";
import { Receipt } from "./receipt.tsx";
import { useOpenConnection, useStillView } from "./use-group.ts";

const REACTIONS = ["👍", "🎉", "👀", "✅", "❤️", "😄"] as const;

interface MessageToolbarProps {
  readonly message: LocalMessage;
  readonly canWrite: boolean;
  readonly onReply: () => void;
  readonly onEdit: () => void;
}

export function MessageToolbar(props: MessageToolbarProps): JSX.Element {
  const { message, canWrite, onReply, onEdit } = props;
  return (
    <div
      role="group"
      aria-label={words.message.actions}
      className="absolute -top-3 right-4 flex rounded-lg border border-line bg-raised p-0.5 opacity-0 shadow-float transition-opacity group-focus-within/message:opacity-100 group-hover/message:opacity-100 has-[[data-popup-open]]:opacity-100"
    >
      {canWrite && <ReactionPicker message={message} />}
      {canWrite && (
        <IconButton
          icon="reply"
          label={words.message.reply}
          size={16}
          className="size-7"
          onClick={onReply}
        />
      )}
      <Receipt message={message} />
      {canWrite && <Changes message={message} onEdit={onEdit} />}
      <MessageMenu message={message} canWrite={canWrite} />
    </div>
  );
}

interface ChangesProps {
  readonly message: MessageView;
  readonly onEdit: () => void;
}

function Changes({ message, onEdit }: ChangesProps): JSX.Element {
  const connection = useOpenConnection();
  const view = useStillView();
  const own = message.by === view.self;
  const admin = view.self && view.members.get(view.self)?.info.role === "admin";
  return (
    <>
      {own && (
        <IconButton
          icon="edit"
          label={words.message.edit}
          size={16}
          className="size-7"
          onClick={onEdit}
        />
      )}
      {(own || admin) && (
        <Confirm
          trigger={
            <IconButton icon="trash" label={words.message.redact} size={16} className="size-7" />
          }
          title={words.message.redactTitle}
          detail={words.message.redactDetail}
          confirm={words.remove}
          onConfirm={() => {
            // A refusal leaves the message as it is, for everyone to see.
            connection
              .send({ kind: "message-redact", message: message.message })
              .catch(() => undefined);
          }}
        />
      )}
    </>
  );
}

function ReactionPicker({ message }: { message: MessageView }): JSX.Element {
  const connection = useOpenConnection();
  const react = (reaction: string): void => {
    const command = { kind: "reaction-set", message: message.message, reaction, on: true } as const;
    connection.send(command).catch(() => undefined); // it then simply does not appear
  };
  return (
    <Popover.Root>
      <Popover.Trigger
        render={
          <IconButton icon="smile" label={words.message.react} size={16} className="size-7" />
        }
      />
      <Popover.Portal>
        <Popover.Positioner side="top" sideOffset={6} className="z-40">
          <Popover.Popup
            aria-label={words.message.react}
            className="flex gap-0.5 rounded-lg border border-line bg-raised p-1 shadow-float"
          >
            {REACTIONS.map((reaction) => (
              <Popover.Close
                key={reaction}
                aria-label={words.message.reactWith(reaction)}
                className="grid size-9 place-items-center rounded-md text-lg hover:bg-hover"
                onClick={() => react(reaction)}
              >
                {reaction}
              </Popover.Close>
            ))}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
