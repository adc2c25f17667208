// An OpenAI-compatible model server whose answers stand in the question: a message carries the script of its whole run.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

import { SUMMARY_SECTIONS, type SummarySection } from "@acos/protocol";

/** What the model does in one turn of a run. */
export interface ScriptedTurn {
  readonly text?: string;
  /** In how many pieces the text comes. */
  readonly pieces?: number;
  readonly pieceMs?: number;
  /** Silence before the first piece. */
  readonly firstMs?: number;
  readonly calls?: readonly { readonly tool: string; readonly arguments: unknown }[];
  /** How it fails: an HTTP status, bytes that are no stream, an empty body, or breaking off after the text. */
  readonly fault?: 401 | 429 | 500 | "garbage" | "nothing" | "break";
}

export interface ScriptedModel {
  /** Base URL for a provider of kind `openai-compatible`. */
  readonly url: string;
  /** Bodies of all requests, in order of arrival. */
  readonly requests: readonly ChatRequest[];
  /** Requests whose caller hung up before the answer was whole. */
  hangUps(): number;
  /** What it answers from now on where it is asked for a summary, instead of a good one. */
  summarise(answer: (told: string) => ScriptedTurn): void;
  close(): Promise<void>;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly unknown[];
}

/** Writes a script into text: letters, digits, `_` and `-` only, so that no quoting on the way can change it. */
export function script(...turns: readonly ScriptedTurn[]): string {
  return `script:${Buffer.from(JSON.stringify(turns)).toString("base64url")}`;
}

/** Listens on a free loopback port. It keeps no state between requests: the turn is found in the prompt. */
export async function startScriptedModel(): Promise<ScriptedModel> {
  const requests: ChatRequest[] = [];
  let hangUps = 0;
  let summary: (told: string) => ScriptedTurn = goodSummary;
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    response.on("close", () => (hangUps += response.writableFinished ? 0 : 1));
    request.on("end", () => {
      const chat = JSON.parse(body) as ChatRequest;
      requests.push(chat);
      const turn = isSummary(chat) ? summary(textOf(chat)) : turnOf(chat);
      void play(turn, chat.model, response);
    });
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    hangUps: () => hangUps,
    summarise: (answer) => {
      summary = answer;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

/** Whether a request asks for a summary and not for a turn: its instructions say so. */
export function isSummary({ messages }: ChatRequest): boolean {
  return messages[0]?.role === "system" && String(messages[0].content).includes("running summary");
}

/** All that the messages of a request say, as text. */
export function textOf({ messages }: ChatRequest): string {
  const texts = messages.flatMap(({ content }) =>
    Array.isArray(content)
      ? (content as { text?: string }[]).map(({ text }) => text ?? "")
      : [String(content)],
  );
  return texts.join("\n");
}

/** A summary that says little, and nothing that its source does not have. */
function goodSummary(told: string): ScriptedTurn {
  const seqs = [...told.matchAll(/^\[#(\d+) /gm)].map(([, seq]) => seq);
  return { text: summaryText({ Decisions: [`Some things were said [#${seqs.at(-1)}]`] }) };
}

/** A summary as the group reads one, with these lines in its sections. */
export function summaryText(lines: Partial<Record<SummarySection, readonly string[]>>): string {
  return SUMMARY_SECTIONS.map((section) =>
    [`## ${section}`, ...(lines[section] ?? []).map((line) => `- ${line}`)].join("\n"),
  ).join("\n");
}

/** The last script that a user message holds is the run's; the answers after that message say which turn it is. */
function turnOf(chat: ChatRequest): ScriptedTurn {
  const lastUser = chat.messages.findLastIndex((message) => message.role === "user");
  const told = chat.messages
    .slice(0, lastUser + 1)
    .map((message) => JSON.stringify(message.content));
  const found = [...told.join("\n").matchAll(/script:([\w-]+)/g)].at(-1)?.[1];
  if (found === undefined) return { text: "I was given no script." };
  const turns = JSON.parse(Buffer.from(found, "base64url").toString("utf8")) as ScriptedTurn[];
  const turn = chat.messages.slice(lastUser + 1).filter((one) => one.role === "assistant").length;
  return turns[turn] ?? { text: "The script is over." };
}

async function play(turn: ScriptedTurn, model: string, response: ServerResponse): Promise<void> {
  await pause(turn.firstMs ?? 0);
  if (turn.fault === "nothing") return void response.writeHead(200).end();
  if (turn.fault === "garbage")
    return void response.writeHead(200, STREAM).end("<html>\u0000no stream</html>");
  if (typeof turn.fault === "number") return refuse(turn.fault, response);
  response.writeHead(200, STREAM);
  const send = (choice: object, rest: object = {}) => {
    const chunk = { id: "chat-1", object: "chat.completion.chunk", created: 1, model };
    response.write(
      `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, ...choice }], ...rest })}\n\n`,
    );
  };
  send({ delta: { role: "assistant", content: "" }, finish_reason: null });
  for (const piece of piecesOf(turn)) {
    send({ delta: { content: piece }, finish_reason: null });
    await pause(turn.pieceMs ?? 0);
  }
  if (turn.fault === "break") return void response.destroy();
  const calls = (turn.calls ?? []).map((call, index) => ({
    index,
    id: `call_${index}`,
    type: "function",
    function: { name: call.tool, arguments: JSON.stringify(call.arguments) },
  }));
  if (calls.length > 0) send({ delta: { tool_calls: calls }, finish_reason: null });
  const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
  send({ delta: {}, finish_reason: calls.length > 0 ? "tool_calls" : "stop" }, { usage });
  response.end("data: [DONE]\n\n");
}

const STREAM = { "content-type": "text/event-stream" };

function refuse(status: number, response: ServerResponse): void {
  const headers = status === 429 ? { "retry-after": "1" } : {};
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ error: { message: `scripted ${status}`, type: "scripted" } }));
}

function piecesOf(turn: ScriptedTurn): string[] {
  const text = turn.text ?? "";
  const size = Math.max(1, Math.ceil(text.length / (turn.pieces ?? 1)));
  return text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
}
