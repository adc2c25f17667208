// The routing receipt of a message: who was woken by which rule, who was not and why.
import type { MessageView, Routing } from "@acos/protocol";
import { Popover } from "@base-ui/react/popover";
import type { JSX } from "react";

import { IconButton } from "../ui/button.tsx";
import { words } from "../words.ts";
import { MemberMark } from "./member-mark.tsx";
import { nameOf } from "./people.ts";
import { useStillView } from "./use-group.ts";

export function Receipt({ message }: { message: MessageView }): JSX.Element {
  const routing = message.routing ?? [];
  return (
    <Popover.Root>
      <Popover.Trigger
        render={<IconButton icon="why" label={words.receipt.open} size={16} className="size-7" />}
      />
      <Popover.Portal>
        <Popover.Positioner side="top" sideOffset={6} className="z-40">
          <Popover.Popup className="flex w-72 flex-col gap-2.5 rounded-xl border border-line bg-raised p-3.5 shadow-float">
            <Popover.Title className="text-small font-semibold">
              {words.receipt.title}
            </Popover.Title>
            {routing.length === 0 && (
              <p className="text-small text-ink-soft">{words.receipt.wokeNobody}</p>
            )}
            <ul className="flex flex-col gap-2">
              {routing.map((row) => (
                <ReceiptRow key={row.member} row={row} />
              ))}
            </ul>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function ReceiptRow({ row }: { row: Routing }): JSX.Element {
  const view = useStillView();
  const name = nameOf(view, row.member);
  return (
    <li className="flex items-start gap-2 text-small">
      <MemberMark info={view.members.get(row.member)?.info} size={20} />
      <span>
        <span className="font-medium">
          {row.woken ? words.receipt.answers(name) : words.receipt.silent(name)}
        </span>
        <span className="block text-ink-soft">
          {row.woken ? words.receipt.woken[row.rule] : words.receipt.asleep[row.reason]}
        </span>
      </span>
    </li>
  );
}

/** Said under a message that mentioned agents and woke none of them: silence needs a reason. */
export function WokeNobody({ message }: { message: MessageView }): JSX.Element | null {
  const view = useStillView();
  const asleep = (message.routing ?? []).filter((row) => !row.woken);
  if (asleep.length === 0) return null;
  return (
    <ul className="mt-1 text-tiny text-ink-soft">
      {asleep.map((row) => (
        <li key={row.member}>
          {words.receipt.silent(nameOf(view, row.member))}: {words.receipt.asleep[row.reason]}
        </li>
      ))}
    </ul>
  );
}
