// Any server that speaks OpenAI's chat completions: the SDK writes the request, our own reader takes the stream.
import type { Egress } from "@acos/egress";
import { APICallError } from "@ai-sdk/provider";
import {
  createOpenAICompatible,
  type OpenAICompatibleChatLanguageModel,
} from "@ai-sdk/openai-compatible";

import { CompletionReader } from "./completion-stream.ts";
import type { Model, ModelCall, ModelPart } from "./model.ts";
import { ProviderAnswerError } from "./provider-failure.ts";

/** Of an answer that refuses the call, this much is looked at for its reason. */
const REFUSAL_MAX_BYTES = 16 * 1024;

export interface CompletionServer {
  readonly name: string;
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
}

/** A model of such a server. Calls nothing yet. */
export function compatibleModel(server: CompletionServer, modelId: string, egress: Egress): Model {
  const writer = createOpenAICompatible({
    name: server.name,
    baseURL: server.baseUrl,
    transformRequestBody: joinTextParts,
  }).chatModel(modelId) as OpenAICompatibleChatLanguageModel;
  return {
    modelId,
    doStream: async (call) => {
      const { body } = await writer.prepareRequest(call);
      const streamed = { ...body, stream: true, stream_options: { include_usage: true } };
      const response = await post(server, JSON.stringify(streamed), { call, egress });
      if (response.body === null) throw new ProviderAnswerError("answered with nothing.");
      return { stream: partsOf(response.body) };
    },
  };
}

async function post(
  { baseUrl, apiKey }: CompletionServer,
  body: string,
  { call, egress }: { readonly call: ModelCall; readonly egress: Egress },
): Promise<Response> {
  const headers = new Headers({ "content-type": "application/json", accept: "text/event-stream" });
  if (apiKey !== undefined) headers.set("authorization", `Bearer ${apiKey}`);
  const url = `${baseUrl.replace(/\/+$/, "")}/chat/completions`;
  const signal = call.abortSignal;
  const response = await egress(url, { method: "POST", headers, body, ...(signal && { signal }) });
  if (!response.ok) throw await refused(response, url);
  return response;
}

/** The server's own reason, where it gives one in the usual places. */
async function refused(response: Response, url: string): Promise<APICallError> {
  const text = await readHead(response);
  return new APICallError({
    message: reasonIn(text) ?? response.statusText,
    url,
    requestBodyValues: undefined,
    statusCode: response.status,
    responseHeaders: Object.fromEntries(response.headers),
  });
}

async function readHead(response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > REFUSAL_MAX_BYTES) break;
  }
  return text;
}

function reasonIn(text: string): string | undefined {
  try {
    const { error, message } = JSON.parse(text) as {
      error?: string | { message?: unknown };
      message?: unknown;
    };
    const reason = typeof error === "object" ? error.message : (error ?? message);
    return typeof reason === "string" ? reason : undefined;
  } catch {
    // A page of a proxy, or nothing: the status says enough.
    return undefined;
  }
}

/** Decodes and parses as the reader pulls; several parts of one piece of the network go out together. */
function partsOf(body: ReadableStream<Uint8Array>): ReadableStream<ModelPart> {
  const source = body.getReader();
  const decoder = new TextDecoder();
  const reader = new CompletionReader();
  return new ReadableStream<ModelPart>({
    async pull(controller) {
      for (;;) {
        const { done, value } = await source.read();
        const parts = done ? reader.end() : reader.read(decoder.decode(value, { stream: true }));
        for (const part of parts) controller.enqueue(part);
        if (done) controller.close();
        if (done || parts.length > 0) return;
      }
    },
    cancel: (reason) => source.cancel(reason),
  });
}

interface TextPart {
  readonly type: string;
  readonly text?: unknown;
}

/** Many compatible servers take a message's content only as a string: lists of texts become one text. */
function joinTextParts(body: Record<string, unknown>): Record<string, unknown> {
  const messages = body["messages"];
  if (!Array.isArray(messages)) return body;
  const joined = messages.map((message: { readonly content?: unknown }) => {
    const { content } = message;
    if (!Array.isArray(content)) return message;
    const parts = content as readonly TextPart[];
    if (!parts.every((part) => part.type === "text")) return message;
    return { ...message, content: parts.map((part) => part.text).join("\n\n") };
  });
  return { ...body, messages: joined };
}
