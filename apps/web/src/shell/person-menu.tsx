// The menu under one's own name: one's id for others to add one by, and the way out.
import { Popover } from "@base-ui/react/popover";
import type { JSX } from "react";

import { api } from "../api.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { useCopy } from "../ui/use-copy.ts";
import { useMe } from "../use-org.ts";
import { words } from "../words.ts";

const ITEM =
  "flex min-h-9 w-full items-center gap-2.5 rounded-md px-2.5 py-1 text-left text-small hover:bg-hover";

/** Leaves by a whole new page, so that nothing of this person's stays in memory. */
async function signOut(): Promise<void> {
  await api.signOut().catch(() => undefined); // the next page tells whether it worked
  location.assign("/sign-in");
}

export function PersonMenu(): JSX.Element {
  const { user } = useMe();
  const [copied, copy] = useCopy();
  return (
    <Popover.Root>
      <Popover.Trigger className="flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 text-left hover:bg-hover">
        <Avatar id={user.id} name={user.name} agent={false} size={28} />
        <span className="min-w-0 leading-tight">
          <span className="block truncate text-small font-medium">{user.name}</span>
          <span className="block truncate text-tiny text-ink-soft">{user.email}</span>
        </span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner side="top" align="start" sideOffset={6} className="z-40">
          <Popover.Popup
            aria-label={words.rail.you}
            className="w-60 rounded-lg border border-line bg-raised p-1 shadow-float"
          >
            <button type="button" className={ITEM} onClick={() => copy(user.id)}>
              <Icon name={copied ? "check" : "copy"} size={16} />
              <span className="min-w-0">
                <span className="block">{copied ? words.copied : words.rail.copyId}</span>
                <span className="block truncate font-mono text-tiny text-ink-soft">{user.id}</span>
              </span>
            </button>
            <button type="button" className={ITEM} onClick={() => void signOut()}>
              <Icon name="leave" size={16} />
              {words.rail.signOut}
            </button>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
