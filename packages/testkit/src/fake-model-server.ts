// A model provider on loopback for tests and measurements: OpenAI chat completions, streamed, with scripted behaviour.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";

import {
  FAKE_MODELS,
  scriptOf,
  type FakeDelta,
  type FakePace,
  type FakeRequest,
} from "./fake-model-scripts.ts";

/** A body larger than this is a mistake of the caller. */
const BODY_MAX_BYTES = 16 * 1024 * 1024;

/** What was sent before a break has to arrive first: a broken stream drops what its reader had not taken yet. */
const BREAK_PAUSE_MS = 25;

export interface FakeModelServerOptions {
  /** 0 takes a free port. */
  readonly port?: number;
  /** Of every model whose name does not set its own. */
  readonly firstMs?: number;
  readonly gapMs?: number;
}

/** A completion request as it arrived, the newest last. */
export interface RecordedRequest {
  readonly model: string;
  readonly authorization: string;
  readonly bytes: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface FakeModelServer {
  /** The base URL to give to a provider, `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  /** Responses that are being sent now, and those whose caller went away before the end. */
  readonly counters: { open: number; abandoned: number };
  close(): Promise<void>;
}

/** Starts the server on 127.0.0.1. It believes every key and keeps every request until it is closed. */
export async function startFakeModelServer(
  options: FakeModelServerOptions = {},
): Promise<FakeModelServer> {
  const requests: RecordedRequest[] = [];
  const counters = { open: 0, abandoned: 0 };
  const pace = { firstMs: options.firstMs ?? 0, gapMs: options.gapMs ?? 0 };
  const server = createServer((request, response) => {
    counters.open += 1;
    response.once("close", () => {
      counters.open -= 1;
      if (!response.writableFinished) counters.abandoned += 1;
    });
    answer(request, response, { requests, pace }).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, requests, counters, close: () => close(server) };
}

interface Serving {
  readonly requests: RecordedRequest[];
  readonly pace: FakePace;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  serving: Serving,
): Promise<void> {
  if (request.method === "GET" && request.url?.endsWith("/models")) {
    const data = FAKE_MODELS.map((id) => ({ id, object: "model" }));
    response
      .setHeader("content-type", "application/json")
      .end(JSON.stringify({ object: "list", data }));
    return;
  }
  const recorded = await record(request);
  const script = request.url?.endsWith("/chat/completions")
    ? scriptOf(readRequest(recorded), serving.pace)
    : undefined;
  serving.requests.push(recorded);
  if (script === undefined) {
    response.writeHead(404, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ error: { message: `There is no ${recorded.model} at ${request.url}` } }),
    );
  } else if (script.type === "refuse") {
    response.writeHead(script.status, { "content-type": "application/json", ...script.headers });
    response.end(script.body);
  } else {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.flushHeaders();
    await send(response, script.deltas, { ...script.pace, model: recorded.model });
  }
}

async function send(
  response: ServerResponse,
  deltas: Iterable<FakeDelta>,
  { firstMs, gapMs, model }: FakePace & { readonly model: string },
): Promise<void> {
  if (firstMs > 0) await wait(firstMs);
  let first = true;
  let tokens = 0;
  for (const delta of deltas) {
    if (response.destroyed || delta.type === "hang") return;
    if (delta.type === "break") {
      await wait(BREAK_PAUSE_MS);
      response.destroy();
      return;
    }
    if (gapMs > 0 && !first) await wait(gapMs);
    first = false;
    tokens += 1;
    if (!response.write(lineOf(delta, model, tokens))) await drained(response);
  }
  response.end();
}

/** Resolves when more can be written, or nothing more ever will. */
async function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once("drain", resolve).once("close", resolve);
  await promise;
  response.off("drain", resolve).off("close", resolve);
}

function lineOf(
  delta: Exclude<FakeDelta, { type: "break" | "hang" }>,
  model: string,
  tokens: number,
): string {
  switch (delta.type) {
    case "raw":
      return delta.line;
    case "text":
      return line(model, { delta: { content: delta.text } });
    case "reasoning":
      return line(model, { delta: { reasoning_content: delta.text } });
    case "call":
      return callLines(delta, model);
    case "finish": {
      const usage = {
        prompt_tokens: 100,
        completion_tokens: tokens,
        prompt_tokens_details: { cached_tokens: 40 },
      };
      const counted = delta.usage
        ? `data: ${JSON.stringify({ ...head(model), choices: [], usage })}\n\n`
        : "";
      return `${line(model, { delta: {}, finish_reason: delta.reason })}${counted}data: [DONE]\n\n`;
    }
    default:
      return delta satisfies never;
  }
}

/** A call comes in pieces, as providers send it: name first, then its arguments in two halves. */
function callLines(
  { index, name, input }: Extract<FakeDelta, { type: "call" }>,
  model: string,
): string {
  const half = Math.ceil(input.length / 2);
  const begin = { index, id: `call_${index}`, type: "function", function: { name, arguments: "" } };
  const pieces = [input.slice(0, half), input.slice(half)].map((piece) => ({
    index,
    function: { arguments: piece },
  }));
  return [begin, ...pieces].map((call) => line(model, { delta: { tool_calls: [call] } })).join("");
}

function head(model: string) {
  return { id: "chatcmpl-fake", object: "chat.completion.chunk", created: 0, model };
}

function line(model: string, choice: object): string {
  return `data: ${JSON.stringify({ ...head(model), choices: [{ index: 0, finish_reason: null, ...choice }] })}\n\n`;
}

async function record(request: IncomingMessage): Promise<RecordedRequest> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > BODY_MAX_BYTES) throw new RangeError("the body is too large");
    pieces.push(piece);
  }
  const body = JSON.parse(Buffer.concat(pieces).toString() || "{}") as Record<string, unknown>;
  const model = typeof body["model"] === "string" ? body["model"] : "";
  return { model, authorization: request.headers.authorization ?? "", bytes, body };
}

interface WireMessage {
  readonly role: string;
  readonly content?: string | readonly { readonly text?: string }[] | null;
}

function readRequest({ model, body, authorization }: RecordedRequest): FakeRequest {
  const messages = (body["messages"] ?? []) as readonly WireMessage[];
  const texts = (role: string) => messages.filter((message) => message.role === role).map(textOf);
  const last = texts("user").at(-1) ?? "";
  const answered = /\n--- message \S+ from [^\n]* ---\n([\s\S]*)\n--- end of message \S+ ---$/.exec(
    last,
  );
  return {
    model,
    asked: answered?.[1] ?? last,
    results: texts("tool"),
    key: authorization.replace(/^Bearer /, ""),
  };
}

function textOf({ content }: WireMessage): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text ?? "").join("\n");
}

function listen(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(port, "127.0.0.1", resolve);
  return promise;
}

function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  return promise;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      "first-ms": { type: "string" },
      "gap-ms": { type: "string" },
    },
  });
  const server = await startFakeModelServer({
    port: Number(values.port ?? 0),
    firstMs: Number(values["first-ms"] ?? 0),
    gapMs: Number(values["gap-ms"] ?? 0),
  });
  process.stdout.write(`listening ${server.url}\n`);
}
