// Names of files as callers give them, and as the sandbox knows them.
import { relative, resolve } from "node:path";

import type { AgentPlace } from "../route.ts";

/** The absolute path of one given relative to the workspace, or absolute. It follows no link and proves nothing. */
export function resolvePath({ workspace }: AgentPlace, path: string): string {
  return resolve(workspace, path);
}

/** How a path is called towards people and models: relative where it lies in the workspace. */
export function shownPath({ workspace }: AgentPlace, path: string): string {
  const inside = relative(workspace, path);
  if (inside === "") return ".";
  return inside.startsWith("..") ? path : inside;
}
