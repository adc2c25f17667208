// The origin's side of a copy: pages of a group's log for forks, and the whole of it as a bundle.
import { SEGMENT_MAX_EVENTS, type GroupControl, type LogEvent } from "@acos/protocol";

import type { OpenGroup } from "../open-group.ts";
import { writeBundle } from "./bundle-write.ts";

type CopyPage = Extract<Awaited<ReturnType<GroupControl["copyPage"]>>, { ok: true }>["value"];

/** Events after a seq and up to another, without the words of withdrawn messages. Throws ProblemError for a damaged part. */
export async function copyPage(
  { archivist, path, sandboxes }: OpenGroup,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): Promise<CopyPage> {
  // Who asks for nothing yet wants to know where the log ends: workspaces are to be in it as they are now.
  if (upTo === 0) await sandboxes.keeper.snapshotRunning();
  const { head, group } = path.state;
  const limit = Math.min(SEGMENT_MAX_EVENTS, Math.max(0, Math.min(upTo, head) - after));
  const events = limit === 0 ? [] : await archivist.history.served(after, limit);
  return { events, head, name: group!.name };
}

/** The group as it is now, as a bundle with some files of the caller's. The stream breaks off where R2 is damaged. */
export function exportGroup(
  { archivist, path, now }: OpenGroup,
  files: Parameters<GroupControl["export"]>[1],
): ReadableStream<Uint8Array> {
  const { head, group } = path.state;
  return writeBundle({
    group: group!.id,
    name: group!.name,
    head,
    exportedAt: now(),
    files,
    page: (after): Promise<readonly LogEvent[]> =>
      archivist.history.served(after, SEGMENT_MAX_EVENTS),
  });
}
