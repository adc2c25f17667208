// What people may reach of a sandbox: one table of paths, each with the least role and what a sandbox that does not run does.
import type { Role } from "@acos/protocol";

/**
 * `starts`: the use begins a sandbox that does not run. `empty`: nothing is begun, the list is empty. `missing`: what is asked
 * for can only be in one that runs.
 */
export type WhenCold = "starts" | "empty" | "missing";

export interface DataPath {
  readonly method: string;
  /** Below the sandbox. */
  readonly path: RegExp;
  readonly least: Role;
  readonly whenCold: WhenCold;
  /** It may change files of the workspace: the sources are kept before. */
  readonly changes: boolean;
}

const looks = { method: "GET", least: "viewer", changes: false } as const;
const works = { least: "member", changes: false } as const;

export const DATA_PATHS: readonly DataPath[] = [
  { ...looks, path: /^\/procs$/, whenCold: "empty" },
  { ...looks, path: /^\/procs\/[\w-]{1,64}\/output$/, whenCold: "missing" },
  { ...looks, path: /^\/files$/, whenCold: "starts" },
  { ...looks, path: /^\/ports$/, whenCold: "empty" },
  { ...looks, path: /^\/terminals$/, whenCold: "empty" },
  { ...works, method: "POST", path: /^\/procs$/, whenCold: "starts", changes: true },
  { ...works, method: "POST", path: /^\/procs\/[\w-]{1,64}\/input$/, whenCold: "missing" },
  { ...works, method: "DELETE", path: /^\/procs\/[\w-]{1,64}$/, whenCold: "missing" },
  { ...works, method: "PUT", path: /^\/files$/, whenCold: "starts", changes: true },
  { ...works, method: "DELETE", path: /^\/files$/, whenCold: "starts", changes: true },
  { ...works, method: "POST", path: /^\/terminals$/, whenCold: "starts", changes: true },
  { ...works, method: "DELETE", path: /^\/terminals\/[\w-]{1,64}$/, whenCold: "missing" },
];

/** The path of a terminal's socket. */
export const TERMINAL_SOCKET = /^\/terminals\/[\w-]{1,64}$/;

/** The row of a request; null for what people do not reach. */
export function dataPathOf(method: string, path: string): DataPath | null {
  return DATA_PATHS.find((row) => row.method === method && row.path.test(path)) ?? null;
}
