// The files of a fake sandbox: one flat map, with etags, ranges and folders as the wire has them.
import {
  problem,
  ProblemError,
  type FileList,
  type SandboxSnapshot,
  type Undone,
} from "@acos/protocol";
import { sha256Hex } from "@acos/trust";

export type Files = Map<string, Uint8Array>;

const noFile = (path: string) =>
  new ProblemError(problem("not_found", `There is no file "${path}" in this workspace.`));
const conflict = (message: string) => new ProblemError(problem("conflict", message));
const etagOf = async (bytes: Uint8Array) => `"${await sha256Hex(bytes)}"`;

/** Answers a file, a stretch of it, or the list of a folder. Throws ProblemError. */
export async function readPath(files: Files, path: string, headers: Headers): Promise<Response> {
  const found = files.get(path);
  if (found === undefined) return listFolder(files, path);
  const etag = await etagOf(found);
  const head = { etag, "content-type": "application/octet-stream", "acos-entry": "file" };
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.get("range") ?? "");
  if (!range) return new Response(Uint8Array.from(found), { headers: head });
  const from = Number(range[1]);
  const to = Math.min(range[2] ? Number(range[2]) : Infinity, found.length - 1);
  return new Response(Uint8Array.from(found.slice(from, to + 1)), {
    status: 206,
    headers: { ...head, "content-range": `bytes ${from}-${to}/${found.length}` },
  });
}

function listFolder(files: Files, path: string): Response {
  const prefix = path === "." || path === "" ? "" : `${path}/`;
  const below = [...files].filter(([name]) => name.startsWith(prefix));
  if (below.length === 0 && prefix !== "") throw noFile(path);
  const entries = new Map<string, FileList["entries"][number]>();
  for (const [name, bytes] of below) {
    const [first = "", ...rest] = name.slice(prefix.length).split("/");
    const isFile = rest.length === 0;
    entries.set(first, {
      name: first,
      type: isFile ? "file" : "directory",
      size: isFile ? bytes.length : 0,
      mode: isFile ? 0o644 : 0o755,
      modifiedAt: new Date(0).toISOString(),
    });
  }
  const list: FileList = { path, entries: [...entries.values()], more: false };
  return Response.json(list, { headers: { "acos-entry": "directory" } });
}

/** Writes a file under the conditions its headers set, and answers its etag. Throws ProblemError `conflict`. */
export async function writePath(
  files: Files,
  path: string,
  { headers, body }: { readonly headers: Headers; readonly body: Uint8Array },
): Promise<string> {
  const etag = await etagOf(body);
  const wanted = headers.get("if-match");
  for (;;) {
    const found = files.get(path);
    if (headers.get("if-none-match") === "*" && found !== undefined)
      throw conflict(`"${path}" is there already. Write it without If-None-Match to replace it.`);
    if (wanted !== null && (found === undefined || wanted !== (await etagOf(found))))
      throw conflict(`"${path}" has changed since it was read. Read it again.`);
    // Somebody may have written while the hash was made: then it is looked at again.
    if (files.get(path) !== found) continue;
    files.set(path, body);
    return etag;
  }
}

/** Removes a file or all below a folder. Throws ProblemError where there is none. */
export function removePath(files: Files, path: string): void {
  const gone = [...files.keys()].filter((name) => name === path || name.startsWith(`${path}/`));
  if (gone.length === 0) throw noFile(path);
  for (const name of gone) files.delete(name);
}

export interface FakeHunk {
  readonly hunk: string;
  readonly path: string;
  readonly diff: string;
  readonly added: number;
  readonly removed: number;
}

/** One hunk a changed file: a fake does not look into files. */
export async function changesBetween(from: Files, to: Files): Promise<FakeHunk[]> {
  const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
  const lines = (of: string) => of.split("\n").filter((line) => line !== "");
  const hunks: FakeHunk[] = [];
  for (const path of [...new Set([...from.keys(), ...to.keys()])].toSorted()) {
    const [before, after] = [text(from.get(path)), text(to.get(path))];
    if (before === after && from.has(path) === to.has(path)) continue;
    const diff = [...lines(before).map((line) => `-${line}`), ...lines(after).map((l) => `+${l}`)];
    hunks.push({
      hunk: await sha256Hex(`${path}\0${before}\0${after}`),
      path,
      diff: `@@ @@\n${diff.join("\n")}\n`,
      added: lines(after).length,
      removed: lines(before).length,
    });
  }
  return hunks;
}

/** Takes hunks back in `now`, where the file is still as it was at `to`. */
export async function undoHunks(
  asked: readonly string[],
  { from, to, now }: { readonly from: Files; readonly to: Files; readonly now: Files },
): Promise<Undone> {
  const known = new Map((await changesBetween(from, to)).map(({ hunk, path }) => [hunk, path]));
  const undone: string[] = [];
  const refused: Undone["refused"] = [];
  for (const hunk of asked) {
    const path = known.get(hunk);
    if (path === undefined || !sameBytes(now.get(path), to.get(path))) {
      refused.push({ hunk, reason: "The file has changed there since." });
      continue;
    }
    const before = from.get(path);
    if (before === undefined) now.delete(path);
    else now.set(path, before);
    undone.push(hunk);
  }
  return { undone, refused };
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** A snapshot's objects by their hash: the list of files, and a pack for each file. */
export async function snapshotOf(
  files: Files,
  kept: Map<string, Uint8Array>,
): Promise<SandboxSnapshot> {
  const listed: Record<string, string> = {};
  const packs: SandboxSnapshot["packs"] = [];
  let total = 0;
  for (const [path, bytes] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    // A pack is never empty, and an empty file has one too.
    const pack = new Uint8Array([1, ...bytes]);
    const hash = await sha256Hex(pack);
    if (!kept.has(hash) || !packs.some((each) => each.pack === hash))
      packs.push({ pack: hash, bytes: pack.length });
    kept.set(hash, pack);
    listed[path] = hash;
    total += bytes.length;
  }
  const manifest = new TextEncoder().encode(JSON.stringify(listed));
  const snapshot = await sha256Hex(manifest);
  kept.set(snapshot, manifest);
  return { snapshot, files: files.size, bytes: total, packs };
}

/** Makes the files what a manifest says. Throws ProblemError where it or a pack is missing; then nothing has changed. */
export function restoreSnapshot(
  files: Files,
  manifest: string,
  kept: ReadonlyMap<string, Uint8Array>,
): void {
  const object = (hash: string) => {
    const found = kept.get(hash);
    if (found === undefined)
      throw new ProblemError(problem("not_found", `The object ${hash} was not handed in.`));
    return found;
  };
  const listed = JSON.parse(new TextDecoder().decode(object(manifest))) as Record<string, string>;
  const restored = Object.entries(listed).map(
    ([path, pack]) => [path, object(pack).slice(1)] as const,
  );
  files.clear();
  for (const [path, bytes] of restored) files.set(path, bytes);
}
