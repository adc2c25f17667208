// The fake model server, a process of its own: OpenAI chat completions whose pace the model's name sets (model-name.ts).
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { replyShapeOf, tokenText, type ReplyShape } from "./model-name.ts";

/** Models named `stall-<key>-paced-…` answer the first request of a key never, and every later one as the shape says. */
const stalled = new Set<string>();
const counters = { requests: 0, bodyBytes: 0 };
/** What models named `told-<key>-paced-…` were sent, by key, until somebody asks for it. */
const told = new Map<string, ToldRequest[]>();

/** A request as it came in. */
export interface ToldRequest {
  /** When its head was there, in milliseconds of the machine's monotonic clock (`process.hrtime`). */
  readonly at: number;
  readonly body: string;
}

interface Reply extends ReplyShape {
  /** Differs from reply to reply: some callers keep messages by it. */
  readonly id: string;
  readonly model: string;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function chunkOf({ id, model }: Reply, rest: object): string {
  const body = { id, object: "chat.completion.chunk", created: 0, model, ...rest };
  return `data: ${JSON.stringify(body)}\n\n`;
}

function deltaOf(reply: Reply, delta: object, finish: string | null): string {
  return chunkOf(reply, { choices: [{ index: 0, delta, finish_reason: finish }] });
}

async function streamReply(reply: Reply, response: ServerResponse) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.flushHeaders();
  await wait(reply.firstTokenMs);
  const began = performance.now();
  for (let index = 0; index < reply.tokens && !response.destroyed; index += 1) {
    // Paced against the clock and not by the sum of timers, which drift.
    const due = began + index * reply.gapMs - performance.now();
    if (reply.gapMs > 0 && due > 0) await wait(due);
    const content = tokenText(index, reply.tokens);
    response.write(
      deltaOf(reply, index === 0 ? { role: "assistant", content } : { content }, null),
    );
  }
  const count = { prompt_tokens: 100, completion_tokens: reply.tokens };
  const usage = { ...count, total_tokens: 100 + reply.tokens };
  response.write(deltaOf(reply, {}, "stop"));
  response.end(`${chunkOf(reply, { choices: [], usage })}data: [DONE]\n\n`);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === "/counters") {
    response.end(JSON.stringify({ ...counters, stalled: [...stalled] }));
    return;
  }
  if (request.url?.startsWith("/told/")) {
    const key = request.url.slice("/told/".length);
    response.end(JSON.stringify(told.get(key) ?? []));
    told.delete(key);
    return;
  }
  const at = Number(process.hrtime.bigint()) / 1e6;
  const body = await bodyOf(request);
  const { model = "" } = JSON.parse(body || "{}") as { model?: string };
  const shape = replyShapeOf(model);
  if (!request.url?.endsWith("/chat/completions") || !shape) {
    response.writeHead(404).end(`no such model or path: ${model} ${request.url}`);
    return;
  }
  counters.requests += 1;
  counters.bodyBytes += Buffer.byteLength(body);
  const key = /^told-(\w+)-/.exec(model)?.[1];
  if (key !== undefined) told.set(key, [...(told.get(key) ?? []), { at, body }]);
  if (model.startsWith("stall-") && !stalled.has(model)) {
    stalled.add(model);
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    return; // never a byte more: the caller is about to be killed
  }
  await streamReply({ ...shape, id: `chatcmpl-${counters.requests}`, model }, response);
}

/** Serves on a free loopback port; resolves when it listens. */
export async function startModelServer(): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.keepAliveTimeout = 600_000; // a caller's idle connection must not be closed under its next request
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, server };
}

if (import.meta.main) {
  const { url } = await startModelServer();
  process.stdout.write(`listening ${url}\n`);
}
