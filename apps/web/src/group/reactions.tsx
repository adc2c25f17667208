// The reactions under a message; a press adds one's own or takes it back.
import type { MessageView } from "@acos/protocol";
import type { JSX } from "react";

import { words } from "../words.ts";
import { nameOf } from "./people.ts";
import { useOpenConnection, useStillView } from "./use-group.ts";

export function Reactions({ message }: { message: MessageView }): JSX.Element | null {
  const connection = useOpenConnection();
  const view = useStillView();
  if (message.reactions.length === 0) return null;
  return (
    <div className="mt-1 flex flex-wrap gap-1.5">
      {message.reactions.map(({ reaction, members }) => {
        const mine = view.self !== undefined && members.includes(view.self);
        const names = members.map((member) => nameOf(view, member));
        return (
          <button
            key={reaction}
            type="button"
            aria-pressed={mine}
            aria-label={words.message.reacted(reaction, names)}
            title={names.join(", ")}
            className={`inline-flex items-center gap-1.5 rounded-full border px-2 py-px text-small ${mine ? "border-accent bg-accent-soft text-accent-strong" : "border-line bg-raised"}`}
            onClick={() => {
              const command = {
                kind: "reaction-set",
                message: message.message,
                reaction,
                on: !mine,
              } as const;
              connection.send(command).catch(() => undefined); // it then stays as it is
            }}
          >
            {reaction} <span className="text-tiny">{members.length}</span>
          </button>
        );
      })}
    </div>
  );
}
