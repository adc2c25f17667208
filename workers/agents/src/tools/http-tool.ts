// The HTTP tool: one call of a service that an agent's configuration names, through the egress function.
import { UnreachableError, type Egress } from "@acos/egress";
import {
  HTTP_METHODS,
  HTTP_TOOL_RESPONSE_BYTES,
  HTTP_TOOL_TIMEOUT_MS,
  ProblemError,
  SAFE_METHODS,
  type HttpMethod,
  type HttpTool,
  type ToolArguments,
  type ToolResult,
} from "@acos/protocol";

import { readAnswer, withoutSecrets } from "./http-answer.ts";
import { isBelow, targetOf } from "./http-target.ts";
import { asText, type Schema } from "./tool-schema.ts";
import { fillTool, SecretError, type FilledTool, type Reveal } from "./tool-secrets.ts";

/** Headers that say who asks or how the message is framed: not the model's to set. */
const RESERVED_HEADERS =
  /^(?:host|connection|content-length|cookie2?|expect|forwarded|keep-alive|te|trailer|transfer-encoding|upgrade|via|idempotency-key|(?:proxy|sec|x-forwarded|x-real|cf|acos)-.*)$/i;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
/** Bytes read beyond what is kept, so that a cut is made by us, with a note, and not by the egress cap. */
const CAP_MARGIN_BYTES = 1024 * 1024;

/** What a model is told of the tool's arguments. */
export function httpToolSchema(tool: HttpTool): Schema {
  return {
    type: "object",
    properties: {
      method: { type: "string", enum: [...tool.methods] },
      path: { type: "string", description: "Path below the base URL, such as /items/7" },
      query: {
        type: "object",
        description: "Query parameters",
        additionalProperties: { type: "string" },
      },
      headers: {
        type: "object",
        description: "Extra headers",
        additionalProperties: { type: "string" },
      },
      body: { description: "Body: a string is sent as it is, anything else as JSON" },
    },
    required: ["method", "path"],
    additionalProperties: false,
  };
}

/** What a model is told of the tool: its own description, the base URL without its query, the methods. */
export function httpToolDescription(tool: HttpTool): string {
  const { origin, pathname } = new URL(tool.baseUrl);
  return `${tool.description}\nHTTP requests below ${origin}${pathname} (${tool.methods.join(", ")}).`.trim();
}

/** Tells whether a call may change something: every method that is not safe, and every unreadable one. */
export function hasEffect(call: ToolArguments): boolean {
  const method = methodOf(call);
  return method === undefined || !SAFE_METHODS.includes(method);
}

/** Why the call cannot be made as written, in words for the model; undefined when it can. */
export function httpCallRefusal(tool: HttpTool, call: ToolArguments): string | undefined {
  const method = methodOf(call);
  if (method === undefined || !tool.methods.includes(method))
    return `${tool.name} allows ${tool.methods.join(", ")}, not ${asText(call["method"]).slice(0, 20)}.`;
  if (SAFE_METHODS.includes(method) && call["body"] !== undefined && call["body"] !== null)
    return `A ${method} request has no body.`;
  for (const [name, value] of textEntries(call["headers"])) {
    if (!HEADER_NAME.test(name) || RESERVED_HEADERS.test(name))
      return `The header ${name.slice(0, 40)} cannot be set.`;
    if (!/^[\t\x20-\x7e\x80-\xff]{0,4096}$/.test(value))
      return `The value of the header ${name} is not valid.`;
  }
  try {
    urlOf(tool, call);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "The path is not valid.";
  }
}

export interface HttpCallContext {
  readonly egress: Egress;
  readonly signal: AbortSignal;
  readonly reveal: Reveal;
  /** Sent with calls that have an effect, so that a service that knows the header does a repeated one once. */
  readonly idempotencyKey: string;
}

/** Makes one call. Every failure is a result with `isError`; the configured headers and query are never in its text. */
export async function callHttpTool(
  tool: HttpTool,
  call: ToolArguments,
  context: HttpCallContext,
): Promise<ToolResult> {
  const refusal = httpCallRefusal(tool, call);
  if (refusal !== undefined) return { isError: true, text: refusal };
  try {
    return await callFilled(await fillTool(tool, context.reveal), call, context);
  } catch (error) {
    if (error instanceof SecretError) return { isError: true, text: error.message };
    throw error;
  }
}

async function callFilled(
  { tool, values }: FilledTool,
  call: ToolArguments,
  context: HttpCallContext,
): Promise<ToolResult> {
  const timeoutMs = tool.timeoutMs ?? HTTP_TOOL_TIMEOUT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  const secrets = [
    ...values,
    ...Object.values(tool.headers ?? {}),
    ...Object.values(tool.query ?? {}),
    ...new URL(tool.baseUrl).searchParams.values(),
  ];
  const maxBytes = tool.maxResponseBytes ?? HTTP_TOOL_RESPONSE_BYTES;
  try {
    const base = new URL(tool.baseUrl);
    const response = await context.egress(urlOf(tool, call).href, {
      ...requestOf(tool, call, context.idempotencyKey),
      signal: AbortSignal.any([context.signal, timeout]),
      maxBytes: maxBytes + CAP_MARGIN_BYTES,
      trusts: (url) => isBelow(base, url),
    });
    return await readAnswer(response, { maxBytes, secrets });
  } catch (error) {
    const words = timeout.aborted
      ? `No complete answer within ${timeoutMs} ms.`
      : failureWords(error);
    return { isError: true, text: withoutSecrets(`The request failed: ${words}`, secrets) };
  }
}

function requestOf(tool: HttpTool, call: ToolArguments, idempotencyKey: string) {
  const method = methodOf(call) ?? "GET";
  const headers = new Headers({ accept: "application/json, text/*;q=0.9, */*;q=0.5" });
  const body = bodyOf(call["body"]);
  if (body?.type !== undefined) headers.set("content-type", body.type);
  for (const [name, value] of textEntries(call["headers"])) headers.set(name, value);
  if (hasEffect(call)) headers.set("idempotency-key", idempotencyKey);
  for (const [name, value] of Object.entries(tool.headers ?? {})) headers.set(name, value);
  return { method, headers, ...(body && { body: body.text }) };
}

function bodyOf(
  body: ToolArguments[string] | undefined,
): { text: string; type: string } | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body !== "string") return { text: JSON.stringify(body), type: "application/json" };
  return {
    text: body,
    type: /^\s*[[{]/.test(body) ? "application/json" : "text/plain;charset=UTF-8",
  };
}

function urlOf(tool: HttpTool, call: ToolArguments): URL {
  return targetOf({
    baseUrl: tool.baseUrl,
    fixedQuery: tool.query ?? {},
    path: asText(call["path"]),
    query: Object.fromEntries(textEntries(call["query"])),
  });
}

function methodOf(call: ToolArguments): HttpMethod | undefined {
  const method = asText(call["method"]).toUpperCase();
  return HTTP_METHODS.find((known) => known === method);
}

function textEntries(value: ToolArguments[string] | undefined): readonly [string, string][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).map(([name, item]) => [name, asText(item)]);
}

function failureWords(error: unknown): string {
  if (error instanceof ProblemError) return error.problem.message;
  if (error instanceof UnreachableError) return `${error.message}.`;
  if (error instanceof RangeError) return error.message;
  return "the service broke off its answer.";
}
