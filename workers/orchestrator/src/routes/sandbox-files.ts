// /groups/{id}/sandboxes/{sandbox}/files/{path+}: files as bytes. Paths are resolved inside the sandbox and nowhere here.
import { fileWrittenSchema, sandboxPathSchema } from "@acos/protocol";

import type { Handler } from "../rest/call.ts";
import { invalidField } from "../rest/invalid-field.ts";
import { BYTES_TYPE } from "../rest/passed-answer.ts";
import { askInside, readInside } from "./sandbox-of-path.ts";

export const readFile: Handler<"readFile"> = async (call) => {
  const { request, params } = call;
  const headers = sentHeaders(request, ["range", "if-range", "if-none-match"]);
  const asked = { method: "GET", path: filePath(params.path), headers, signal: request.signal };
  return { passed: await askInside(call, asked) };
};

export const writeFile: Handler<"writeFile"> = async (call) => {
  const { request, params, page, body } = call;
  const mode = page.mode === undefined ? "" : `&mode=${page.mode}`;
  const conditions = sentHeaders(request, ["if-match", "if-none-match"]);
  const headers = { ...conditions, "content-type": BYTES_TYPE };
  const path = `${filePath(params.path)}${mode}`;
  const asked = { method: "PUT", path, headers, body: body.bytes };
  const [written, taken] = await Promise.allSettled([
    readInside(call, asked, fileWrittenSchema),
    body.taken,
  ]);
  // A body that is too large is the reason, whatever became of the request it was cut out of.
  if (taken.status === "rejected") throw taken.reason;
  if (written.status === "rejected") throw written.reason;
  return written.value;
};

export const deleteFile: Handler<"deleteFile"> = async (call) => {
  const asked = { method: "DELETE", path: filePath(call.params.path) };
  await (await askInside(call, asked)).body?.cancel();
};

/** Nothing after `files/` is the workspace itself. */
function filePath(path: string): string {
  const named = path === "" ? "." : path;
  if (sandboxPathSchema.safeParse(named).success) return `/files?path=${encodeURIComponent(named)}`;
  throw invalidField("path", "This path is longer than a sandbox takes, or holds a zero byte.");
}

function sentHeaders({ headers }: Request, names: readonly string[]): Record<string, string> {
  const sent = names.map((name) => [name, headers.get(name)] as const);
  return Object.fromEntries(sent.filter((pair): pair is [string, string] => pair[1] !== null));
}
