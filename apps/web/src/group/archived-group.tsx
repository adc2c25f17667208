// Shown in place of a group that was archived while it was open here.
import type { JSX } from "react";

import { Button } from "../ui/button.tsx";
import { words } from "../words.ts";

export function ArchivedGroup({ onOpen }: { onOpen: () => void }): JSX.Element {
  return (
    <main className="grid h-full place-content-center justify-items-center gap-3 p-6 text-center">
      <h1 className="font-semibold">{words.copies.archived}</h1>
      <p className="max-w-prose text-small text-ink-soft">{words.copies.archivedHint}</p>
      <Button className="mt-2" onClick={onOpen}>
        {words.copies.bringBack}
      </Button>
    </main>
  );
}
