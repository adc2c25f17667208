// The rest of what one may do with a message, behind one button. What is in the menu loads when it is opened first.
import type { LocalMessage } from "@acos/client";
import { Popover } from "@base-ui/react/popover";
import { lazy, Suspense, useState, type JSX } from "react";

import { IconButton } from "../ui/button.tsx";
import { words } from "../words.ts";

const MessageMenuItems = lazy(async () => {
  const { MessageMenuItems: items } = await import("./message-menu-items.tsx");
  return { default: items };
});

interface MessageMenuProps {
  readonly message: LocalMessage;
  readonly canWrite: boolean;
}

export function MessageMenu({ message, canWrite }: MessageMenuProps): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        render={<IconButton icon="more" label={words.message.more} size={16} className="size-7" />}
      />
      <Popover.Portal>
        <Popover.Positioner side="top" align="end" sideOffset={6} className="z-40">
          <Popover.Popup
            aria-label={words.message.more}
            className="flex w-64 flex-col rounded-lg border border-line bg-raised p-1 shadow-float"
          >
            <Suspense
              fallback={<p className="px-2.5 py-2 text-small text-ink-soft">{words.loading}</p>}
            >
              <MessageMenuItems
                message={message}
                canWrite={canWrite}
                onDone={() => setOpen(false)}
              />
            </Suspense>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
