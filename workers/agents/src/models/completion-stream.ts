// Chat completions as servers stream them (server-sent events of OpenAI's shape) to model parts: our own parser, because
// this is the hot path of every turn and a validating one costs three times as much a token.
import type { LanguageModelV4Usage } from "@ai-sdk/provider";

import type { ModelPart } from "./model.ts";
import { ProviderAnswerError } from "./provider-failure.ts";

/** One event is a delta, or a whole answer from a server that does not stream: more is not this protocol. */
const EVENT_MAX_CHARS = 4 * 1024 * 1024;
/** Calls one response may begin; the turn's own limit is lower and speaks first where calls are whole. */
const CALLS_MAX = 64;

interface Delta {
  readonly content?: unknown;
  readonly refusal?: unknown;
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  readonly tool_calls?: unknown;
}

interface CompletionEvent {
  readonly error?: unknown;
  readonly usage?: UsageEvent | null;
  readonly choices?: readonly { readonly delta?: Delta; readonly finish_reason?: unknown }[];
}

interface OpenCall {
  readonly id: string;
  name: string;
  input: string;
}

/** Reads one response: text comes in, in pieces of any size, and parts go out. Keeps what is not whole yet. */
export class CompletionReader {
  readonly #calls = new Map<number, OpenCall>();
  #rest = "";
  #finish: string | undefined;
  #refused = false;
  #usage: LanguageModelV4Usage | undefined;

  /** Parts of all events that are whole now. Throws ProviderAnswerError on what is no such event. */
  read(text: string): ModelPart[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > EVENT_MAX_CHARS)
      throw new ProviderAnswerError("sent something that is not a model's answer.");
    const parts: ModelPart[] = [];
    for (const line of lines) this.#line(line, parts);
    return parts;
  }

  /** The last parts, after the response ended. Throws ProviderAnswerError when it ended too early. */
  end(): ModelPart[] {
    const parts = this.read("\n");
    if (this.#finish === undefined)
      throw new ProviderAnswerError("stopped before the end of its answer.");
    for (const { id, name, input } of this.#calls.values())
      parts.push({ type: "tool-call", toolCallId: id, toolName: name, input });
    const unified = reasonOf(this.#finish, this.#refused);
    const usage = this.#usage ?? NO_USAGE;
    parts.push({ type: "finish", finishReason: { unified, raw: this.#finish }, usage });
    return parts;
  }

  #line(line: string, parts: ModelPart[]): void {
    if (!line.startsWith("data:")) return;
    const data = line.slice(5).trim();
    if (data === "" || data === "[DONE]") return;
    const event = parseEvent(data);
    if (event.error !== undefined && event.error !== null) {
      parts.push({ type: "error", error: event.error });
      return;
    }
    if (event.usage) this.#usage = usageIn(event.usage);
    const choice = event.choices?.[0];
    if (typeof choice?.finish_reason === "string") this.#finish = choice.finish_reason;
    if (choice?.delta) this.#delta(choice.delta, parts);
  }

  #delta(delta: Delta, parts: ModelPart[]): void {
    const thought = delta.reasoning_content ?? delta.reasoning;
    if (typeof thought === "string" && thought !== "")
      parts.push({ type: "reasoning-delta", id: "0", delta: thought });
    const text = textIn(delta.content);
    if (text !== "") parts.push({ type: "text-delta", id: "0", delta: text });
    if (typeof delta.refusal === "string" && delta.refusal !== "") {
      this.#refused = true;
      parts.push({ type: "text-delta", id: "0", delta: delta.refusal });
    }
    if (Array.isArray(delta.tool_calls)) for (const call of delta.tool_calls) this.#call(call);
  }

  /** Calls arrive in pieces, told apart by `index`; a server that leaves it out sends each call whole. */
  #call(piece: unknown): void {
    const {
      index,
      id,
      function: named,
    } = piece as {
      index?: number;
      id?: string;
      function?: { name?: string; arguments?: string };
    };
    const key = typeof index === "number" ? index : this.#calls.size;
    let call = this.#calls.get(key);
    if (call === undefined) {
      if (this.#calls.size === CALLS_MAX)
        throw new ProviderAnswerError(`made more than ${CALLS_MAX} tool calls in one answer.`);
      this.#calls.set(key, (call = { id: id ?? `call-${key}`, name: "", input: "" }));
    }
    if (call.name === "" && typeof named?.name === "string") call.name = named.name;
    if (typeof named?.arguments === "string") call.input += named.arguments;
    if (call.input.length > EVENT_MAX_CHARS)
      throw new ProviderAnswerError("made a tool call that is too large.");
  }
}

function parseEvent(data: string): CompletionEvent {
  try {
    const event: unknown = JSON.parse(data);
    if (typeof event === "object" && event !== null) return event;
  } catch {
    // Said below, in the words of a reader and not of a parser.
  }
  throw new ProviderAnswerError("sent something that is not a model's answer.");
}

/** Most servers send a string; some a list of parts, of which the texts count. */
function textIn(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((part: { readonly text?: unknown }) => (typeof part.text === "string" ? part.text : ""))
    .join("");
}

/** Tokens as servers of this protocol tell them; where cached ones stand is each server's own choice. */
interface UsageEvent {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly prompt_tokens_details?: {
    readonly cached_tokens?: number;
    readonly cache_write_tokens?: number;
  } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number } | null;
  readonly cached_tokens?: number;
  readonly prompt_cache_hit_tokens?: number;
  readonly cache_read_input_tokens?: number;
  readonly cache_creation_input_tokens?: number;
}

const NO_USAGE: LanguageModelV4Usage = {
  inputTokens: {
    total: undefined,
    noCache: undefined,
    cacheRead: undefined,
    cacheWrite: undefined,
  },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

function usageIn(usage: UsageEvent): LanguageModelV4Usage {
  const details = usage.prompt_tokens_details;
  const cacheRead =
    details?.cached_tokens ??
    usage.cached_tokens ??
    usage.prompt_cache_hit_tokens ??
    usage.cache_read_input_tokens;
  const cacheWrite = details?.cache_write_tokens ?? usage.cache_creation_input_tokens;
  const reasoning = usage.completion_tokens_details?.reasoning_tokens;
  return {
    inputTokens: { total: usage.prompt_tokens, noCache: undefined, cacheRead, cacheWrite },
    outputTokens: { total: usage.completion_tokens, text: undefined, reasoning },
  };
}

function reasonOf(reason: string, refused: boolean) {
  switch (reason) {
    case "stop":
      return refused ? "content-filter" : "stop";
    case "length":
      return "length";
    case "content_filter":
      return "content-filter";
    case "tool_calls":
    case "function_call":
      return "tool-calls";
    default:
      return "other";
  }
}
