// /files: files and folders of the sandbox, by the sandbox's own rights.
import type { FileHandle } from "node:fs/promises";
import { lstat, readdir, rm, unlink } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";

import { parse, SANDBOX_BODY_MAX_BYTES, sandboxPathSchema, type FileList } from "@acos/protocol";

import { answerDone, answerJson, refusal } from "../answer.ts";
import { drained } from "../frame-stream.ts";
import type { AgentPlace, Route, RouteCall } from "../route.ts";
import { etagOf, openToRead } from "./open-file.ts";
import { resolvePath, shownPath } from "./paths.ts";
import { rangeOf, type Range } from "./range.ts";
import { writeWhole } from "./write-file.ts";

/** Entries of one listing. */
const ENTRIES_MAX = 2_000;
const BLOCK_BYTES = 64 * 1024;

export function fileRoutes(place: AgentPlace): readonly Route[] {
  const pathOf = ({ url }: RouteCall) =>
    resolvePath(place, parse(sandboxPathSchema, url.searchParams.get("path"), "`path`"));
  return [
    {
      method: "GET",
      path: /\/files/,
      serve: async (call) => {
        const path = pathOf(call);
        const { handle, stats } = await openToRead(path);
        try {
          if (stats.isDirectory()) await answerFolder(call.response, place, path);
          else await answerFile(call, handle, { size: Number(stats.size), etag: etagOf(stats) });
        } finally {
          await handle.close();
        }
      },
    },
    { method: "PUT", path: /\/files/, serve: async (call) => await put(call, pathOf(call)) },
    {
      method: "DELETE",
      path: /\/files/,
      serve: async (call) => {
        await remove(place, pathOf(call), call.request.headers["if-match"]);
        answerDone(call.response);
      },
    },
  ];
}

async function answerFolder(
  response: ServerResponse,
  place: AgentPlace,
  path: string,
): Promise<void> {
  const names = (await readdir(path)).sort();
  const entries = await Promise.all(names.slice(0, ENTRIES_MAX).map((name) => entryOf(path, name)));
  response.setHeader("acos-entry", "directory");
  answerJson(response, {
    path: shownPath(place, path),
    entries: entries.filter((entry) => entry !== undefined),
    more: names.length > ENTRIES_MAX,
  } satisfies FileList);
}

async function entryOf(
  folder: string,
  name: string,
): Promise<FileList["entries"][number] | undefined> {
  const found = await lstat(join(folder, name)).catch(() => undefined); // Gone since the listing.
  if (found === undefined) return undefined;
  const type = found.isFile()
    ? "file"
    : found.isDirectory()
      ? "directory"
      : found.isSymbolicLink()
        ? "symlink"
        : "other";
  const modifiedAt = new Date(found.mtimeMs).toISOString();
  return { name, type, size: found.size, mode: found.mode & 0o7777, modifiedAt };
}

async function answerFile(
  { request, response }: RouteCall,
  handle: FileHandle,
  { size, etag }: { size: number; etag: string },
): Promise<void> {
  response.setHeader("acos-entry", "file");
  response.setHeader("etag", etag);
  response.setHeader("content-type", "application/octet-stream");
  response.setHeader("accept-ranges", "bytes");
  if (request.headers["if-none-match"] === etag) return void response.writeHead(304).end();
  const range = rangeOf(request.headers.range, size);
  if (range === "outside") {
    response.setHeader("content-range", `bytes */${size}`);
    return void response.writeHead(416).end();
  }
  if (range) response.setHeader("content-range", `bytes ${range.first}-${range.last}/${size}`);
  const length = range ? range.last - range.first + 1 : size;
  // A file of /proc says that it has no bytes: it is sent to its end.
  if (length > 0) response.setHeader("content-length", length);
  response.writeHead(range ? 206 : 200);
  await sendBytes(response, handle, range ?? { first: 0, last: size - 1 });
}

async function sendBytes(
  response: ServerResponse,
  handle: FileHandle,
  { first, last }: Range,
): Promise<void> {
  const left = new AbortController();
  response.once("close", () => left.abort());
  const toItsEnd = last < first;
  let at = first;
  const end = toItsEnd ? Infinity : last;
  while (!left.signal.aborted && at <= end) {
    const most = Math.min(BLOCK_BYTES, end - at + 1);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(most), 0, most, at);
    // A file that got shorter meanwhile is broken off: its length was told already.
    if (bytesRead === 0) return void (toItsEnd ? response.end() : response.destroy());
    at += bytesRead;
    if (!response.write(buffer.subarray(0, bytesRead))) await drained(response, left.signal);
  }
  response.end();
}

async function put({ request, response, url }: RouteCall, path: string): Promise<void> {
  const { "if-match": ifMatch, "if-none-match": ifNone } = request.headers;
  if (ifNone !== undefined && ifNone !== "*")
    throw refusal("invalid_request", "If-None-Match can only be * for a write.");
  const etag = await writeWhole(path, limited(request), {
    ifMatch,
    ifNew: ifNone === "*",
    mode: modeIn(url),
  });
  response.setHeader("etag", etag);
  answerJson(response, { etag });
}

async function* limited(body: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > SANDBOX_BODY_MAX_BYTES)
      throw refusal("too_large", `A file may have ${SANDBOX_BODY_MAX_BYTES} bytes at most.`);
    yield piece;
  }
}

function modeIn(url: URL): number | undefined {
  const text = url.searchParams.get("mode");
  if (text === null) return undefined;
  if (!/^0?[0-7]{3}$/.test(text))
    throw refusal("invalid_request", "`mode` must be three octal digits, such as 755.");
  return Number.parseInt(text, 8);
}

async function remove(place: AgentPlace, path: string, ifMatch: string | undefined): Promise<void> {
  if (path === "/" || `${place.workspace}/`.startsWith(`${path}/`))
    throw refusal("forbidden", "The workspace itself cannot be deleted. Delete what is in it.");
  const found = await lstat(path, { bigint: true });
  if (found.isDirectory()) return await rm(path, { recursive: true });
  if (ifMatch !== undefined && ifMatch !== "*" && ifMatch !== etagOf(found))
    throw refusal("conflict", `${path} has changed since it was read. Read it again.`);
  await unlink(path);
}
