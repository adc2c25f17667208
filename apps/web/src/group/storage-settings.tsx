// What one may do with a group as a whole: export, fork, archive. Folded, since it is rarely wanted; loads when opened.
import { lazy, Suspense, useState, type JSX } from "react";

import { Icon } from "../ui/icon.tsx";
import { words } from "../words.ts";

const StorageChoices = lazy(async () => {
  const { StorageChoices: choices } = await import("../history/storage-choices.tsx");
  return { default: choices };
});

export function StorageSettings({ group, admin }: { group: string; admin: boolean }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <details
      className="group/storage border-t border-line px-4 pt-4"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary className="flex list-none items-center gap-1.5 rounded text-tiny font-medium text-ink-soft [&::-webkit-details-marker]:hidden">
        <span className="transition-transform group-open/storage:rotate-90">
          <Icon name="right" size={13} />
        </span>
        {words.storage.title}
      </summary>
      {open && (
        <Suspense fallback={<p className="pt-3 text-small text-ink-soft">{words.loading}</p>}>
          <StorageChoices group={group} admin={admin} />
        </Suspense>
      )}
    </details>
  );
}
