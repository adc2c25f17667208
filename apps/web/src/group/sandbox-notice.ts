// What a quiet row says of a sandbox.
import type { LocalView } from "@acos/client";
import type { GroupEvent, SandboxId } from "@acos/protocol";

import { words } from "../words.ts";
import { nameOf } from "./people.ts";

/** The sentence of a sandbox's event; "" for every other one. */
export function sandboxText(view: LocalView, event: GroupEvent): string {
  if (!("sandbox" in event)) return "";
  const said = words.notice.sandbox;
  const name = sandboxName(view, event.sandbox);
  const who = "by" in event && event.by !== undefined ? nameOf(view, event.by) : undefined;
  switch (event.kind) {
    case "sandbox-created":
      return said.made(event.name, who ?? runnerOf(view, event.run));
    case "sandbox-started":
      return said.started(name);
    case "sandbox-stopped":
      return event.reason === "limit" && event.words
        ? said.ended(name, event.words)
        : said.stopped(name, event.reason, who);
    case "sandbox-failed":
      return said.broke(name, event.problem.message);
    case "sandbox-destroyed":
      return said.destroyed(name, who ?? "");
    case "sandbox-snapshotted":
      return said.saved(name, who ?? "");
    case "sandbox-restored":
      return said.broughtBack(name, who);
    case "checkpoint-made":
      return said.marked(name, who);
    case "changes-undone":
      return said.undone(who ?? "", event.hunks, event.paths);
    case "preview-offered":
      return said.offered(name, event.port);
    default:
      return "";
  }
}

/** Its name; the end of its id once it is gone. */
function sandboxName(view: LocalView, id: SandboxId): string {
  return view.sandboxes.get(id)?.name ?? id.slice(-6);
}

function runnerOf(view: LocalView, run: string | undefined): string | undefined {
  const found = [...view.runs.values()].find((one) => one.run === run);
  return found?.member && nameOf(view, found.member);
}
