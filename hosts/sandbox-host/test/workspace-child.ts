// A process of its own that works on a workspace over and over until it is killed: `node workspace-child.ts ROOT WHAT [ID]`.
import { appendFileSync } from "node:fs";

import { checkpointId, TestWorkspace } from "./workspace-server.ts";

const [root = "", what = "", id = ""] = process.argv.slice(2);
const workspace = new TestWorkspace(root);
await workspace.fetch("GET", "/checkpoints/changes?from=none").catch(() => undefined);
process.stdout.write("begun\n");
for (let times = Number(id) || 1; ; times += 1) {
  if (what === "checkpoint") {
    appendFileSync(workspace.at("growing"), `${times}\n`);
    await workspace.keep(checkpointId(times));
  } else if (what === "snapshot") await workspace.snapshot();
  else await workspace.restore(id);
  process.stdout.write("again\n");
  if (what === "restore") break;
}
process.stdout.write("done\n");
process.exit(0);
