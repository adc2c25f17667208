// AGENTS.md of the folder that a call touches: named once to each run, so that an agent knows the rules of that part.
import { lstat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

import type { AgentPlace } from "../route.ts";
import { shownPath } from "../files/paths.ts";

const NAME = "AGENTS.md";
/** What is remembered; beyond it something may be told twice. */
const TOLD_MAX = 5_000;

export class ToldDescriptions {
  readonly #told = new Set<string>();

  /** A line that names the nearest AGENTS.md at or above a folder, below the workspace; empty where it is known already. */
  async lineFor(place: AgentPlace, run: string, folder: string): Promise<string> {
    const found = await nearest(place, folder);
    const key = `${run} ${found}`;
    if (found === undefined || this.#told.has(key)) return "";
    if (this.#told.size >= TOLD_MAX) this.#told.clear();
    this.#told.add(key);
    return `\n[${shownPath(place, found)} describes this folder: read it before you change something here.]`;
  }
}

async function nearest({ workspace }: AgentPlace, from: string): Promise<string | undefined> {
  for (let folder = from; isBelow(workspace, folder); folder = dirname(folder)) {
    const path = join(folder, NAME);
    const found = await lstat(path).catch(() => undefined); // Most folders have none.
    if (found?.isFile()) return path;
  }
  return undefined;
}

function isBelow(workspace: string, folder: string): boolean {
  const inside = relative(workspace, folder);
  return inside !== "" && !inside.startsWith("..") && !inside.startsWith("/");
}
