// Opens a server of a sandbox in a tab of its own: its link is asked for then, since it holds once and for a minute.
import type { SandboxId } from "@acos/protocol";
import { useMutation } from "@tanstack/react-query";
import type { JSX } from "react";

import { api } from "../api.ts";
import { reasonOf } from "../queries.ts";
import { words } from "../words.ts";
import { useStillView } from "./use-group.ts";

interface PreviewButtonProps {
  readonly sandbox: SandboxId;
  readonly port: number;
}

export function PreviewButton({ sandbox, port }: PreviewButtonProps): JSX.Element {
  const group = useStillView().group?.id ?? "";
  const open = useMutation({ mutationFn: () => openPreview({ group, sandbox, port }) });
  return (
    <>
      <button
        type="button"
        className="rounded underline underline-offset-2 hover:text-ink"
        disabled={open.isPending}
        onClick={() => open.mutate()}
      >
        {open.isPending ? words.sandbox.opening : words.sandbox.openPreview}
      </button>
      {open.error && <span role="alert"> {reasonOf(open.error)}</span>}
    </>
  );
}

async function openPreview({
  group,
  sandbox,
  port,
}: PreviewButtonProps & { readonly group: string }): Promise<void> {
  // Opened at the click itself: a browser takes a later one for a pop-up.
  const tab = window.open("about:blank", "_blank");
  try {
    const params = { id: group, sandbox };
    const { url } = await api.call("openPreview", { params, body: { port } });
    if (!tab) return window.location.assign(url);
    // What runs there is not to reach this page.
    tab.opener = null;
    tab.location.replace(url);
  } catch (error) {
    tab?.close();
    throw error;
  }
}
