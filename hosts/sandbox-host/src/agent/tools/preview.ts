// preview: what a server in the sandbox answers, in a few words.
import { request as httpRequest, type IncomingMessage } from "node:http";

import { plainText } from "@acos/protocol";

import { refusal } from "../answer.ts";
import { connectPort } from "../ports/connect-port.ts";
import { ownPortOf } from "../ports/own-port.ts";
import type { ToolWork } from "./tool.ts";

const ANSWER_TIMEOUT_MS = 15_000;
const BODY_MAX_BYTES = 512 * 1024;
const TEXT_MAX_CHARS = 2_000;
const REDIRECTS_MAX = 3;

export const preview: ToolWork<"preview"> = async ({ port }, { environment, signal }) => {
  const until = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
  const { answer, body } = await follow({ port, ownPort: ownPortOf(environment), until });
  const type = answer.headers["content-type"] ?? "no content type";
  const isHtml = type.includes("html");
  const title = isHtml ? /<title[^>]{0,200}>([^<]{0,300})/i.exec(body)?.[1]?.trim() : undefined;
  const text = plainText(isHtml ? htmlText(body) : body).trim();
  const shown = text.length > TEXT_MAX_CHARS ? `${text.slice(0, TEXT_MAX_CHARS)}…` : text;
  const head = `Port ${port} answers ${answer.statusCode} ${answer.statusMessage ?? ""} (${type}).`;
  const titled = title === undefined || title === "" ? "" : ` Title: ${title}.`;
  return { text: `${head}${titled}\n${shown === "" ? "It shows no text." : shown}`, port };
};

interface Ask {
  readonly port: number;
  readonly ownPort: number | undefined;
  readonly until: AbortSignal;
}

interface Answer {
  readonly answer: IncomingMessage;
  readonly body: string;
}

/** Follows redirects on the same port, as a browser would. */
async function follow(ask: Ask): Promise<Answer> {
  let path = "/";
  for (let turn = 0; ; turn += 1) {
    const found = await get(ask, path);
    const { location } = found.answer.headers;
    const next = location === undefined ? undefined : samePort(location, path, ask.port);
    const status = found.answer.statusCode ?? 0;
    if (next === undefined || status < 300 || status > 399 || turn === REDIRECTS_MAX) return found;
    path = next;
  }
}

function samePort(location: string, from: string, port: number): string | undefined {
  const base = new URL(`http://localhost:${port}${from}`);
  if (!URL.canParse(location, base.href)) return undefined;
  const target = new URL(location, base);
  const here = ["localhost", "127.0.0.1", "[::1]"].includes(target.hostname);
  return here && target.port === base.port ? `${target.pathname}${target.search}` : undefined;
}

async function get({ port, ownPort, until }: Ask, path: string): Promise<Answer> {
  const socket = await connectPort(port, ownPort);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asking = httpRequest({
    createConnection: () => socket,
    path,
    headers: { host: `localhost:${port}`, accept: "text/html,*/*", connection: "close" },
    signal: until,
  });
  asking.on("error", reject);
  asking.on("response", (answer) => {
    readSome(answer).then((body) => resolve({ answer, body }), reject);
  });
  asking.end();
  try {
    return await promise;
  } catch (error) {
    const why = until.aborted
      ? `did not answer within ${ANSWER_TIMEOUT_MS / 1_000} seconds`
      : `listens, but does not answer HTTP (${error instanceof Error ? error.message : "no reason"})`;
    throw refusal("sandbox_failed", `Port ${port} ${why}.`);
  } finally {
    socket.destroy();
  }
}

async function readSome(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    pieces.push(piece);
    size += piece.length;
    if (size > BODY_MAX_BYTES) break;
  }
  return Buffer.concat(pieces).subarray(0, BODY_MAX_BYTES).toString("utf8");
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  nbsp: " ",
};

/** The text of a page, roughly: what is left without scripts, styles and tags. */
function htmlText(html: string): string {
  return withoutElements(html, ["script", "style", "title", "noscript"])
    .replaceAll(/<[^<>]{0,5000}>/g, " ")
    .replaceAll(/&([a-z]{2,5});/g, (whole, name: string) => ENTITIES[name] ?? whole)
    .replaceAll(/[ \t\r\n]+/g, " ");
}

/** Cut out by searching, not by a pattern: a page must not be able to make it slow. */
function withoutElements(html: string, names: readonly string[]): string {
  let text = html;
  for (const name of names) {
    const lower = text.toLowerCase();
    let kept = "";
    let at = 0;
    for (;;) {
      const from = lower.indexOf(`<${name}`, at);
      if (from === -1) break;
      const to = lower.indexOf(`</${name}>`, from);
      kept += text.slice(at, from);
      at = to === -1 ? text.length : to + name.length + 3;
    }
    text = kept + text.slice(at);
  }
  return text;
}
