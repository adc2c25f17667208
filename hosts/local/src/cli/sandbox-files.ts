// Files of a sandbox as `acos cp` sees them: what a path is there, its bytes, and what a folder holds.
import { type FileList, SANDBOX_BODY_MAX_BYTES } from "@acos/protocol";

import { RefusedStart } from "../usage-error.ts";
import { askSandbox, SandboxRefusal, type SandboxPlace } from "./sandbox-request.ts";

export type FarFile =
  | { readonly type: "file"; readonly response: Response }
  | { readonly type: "folder"; readonly list: FileList };

/** What stands at a path; undefined for nothing. The bytes of a file are still to be read. */
export async function lookAt(place: SandboxPlace, path: string): Promise<FarFile | undefined> {
  try {
    const response = await askSandbox(place, { method: "GET", path: filesPath(path) });
    if (response.headers.get("acos-entry") !== "directory") return { type: "file", response };
    return { type: "folder", list: (await response.json()) as FileList };
  } catch (error) {
    if (error instanceof SandboxRefusal && error.status === 404 && error.code === "not_found")
      return undefined;
    throw error;
  }
}

/** Whether a path of the sandbox is a folder. */
export async function isFolder(place: SandboxPlace, path: string): Promise<boolean> {
  const found = await lookAt(place, path);
  if (found?.type === "file") await found.response.body?.cancel();
  return found?.type === "folder";
}

/** The mode of a file, as the folder above it lists it; undefined where it does not. */
export async function modeOf(place: SandboxPlace, path: string): Promise<number | undefined> {
  const slash = path.lastIndexOf("/");
  const above = slash < 0 ? "" : path.slice(0, slash) || "/";
  const found = await lookAt(place, above);
  if (found?.type === "file") await found.response.body?.cancel();
  if (found?.type !== "folder") return undefined;
  return found.list.entries.find(({ name }) => name === path.slice(slash + 1))?.mode;
}

/** Writes a file whole, folders above it included. Throws RefusedStart for one that is too large for a request. */
export async function sendFile(
  place: SandboxPlace,
  path: string,
  { bytes, mode }: { readonly bytes: Uint8Array<ArrayBuffer>; readonly mode: number },
): Promise<void> {
  if (bytes.length > SANDBOX_BODY_MAX_BYTES)
    throw new RefusedStart(
      `${path} is larger than ${SANDBOX_BODY_MAX_BYTES / 1024 / 1024} MiB, which is as much as goes at once. Split it, or have a command in the sandbox fetch it.`,
    );
  await askSandbox(place, {
    method: "PUT",
    path: `${filesPath(path)}?mode=${(mode & 0o777).toString(8)}`,
    headers: { "content-type": "application/octet-stream" },
    body: bytes,
  });
}

/** A path below another one, in the sandbox's way of writing it. */
export function below(folder: string, name: string): string {
  return folder === "" || folder === "." ? name : `${folder.replace(/\/+$/, "")}/${name}`;
}

/** One segment, whatever the path holds: dots and slashes mean nothing to a URL then. The workspace itself is none at all. */
function filesPath(path: string): string {
  return path === "" || path === "." ? "/files/" : `/files/${encodeURIComponent(path)}`;
}
