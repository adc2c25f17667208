// What a model reads of an HTTP answer: status, type and text, cut to size, with the agent's own secrets taken out.
import { SECRET_MIN_CHARS, TOOL_RESULT_MAX_CHARS, type ToolResult } from "@acos/protocol";

import { withoutValues } from "../secrets/hidden-values.ts";

/** Room for the notes around a clipped text. */
const NOTES_CHARS = 500;

export interface AnswerLimits {
  readonly maxBytes: number;
  /** Values of configured headers and query parameters; a service that echoes them must not teach them to the model. */
  readonly secrets: readonly string[];
}

/** Reads a response into a tool result; a status of 400 or more is an error. Rejects when the body breaks off. */
export async function readAnswer(response: Response, limits: AnswerLimits): Promise<ToolResult> {
  const type = response.headers.get("content-type") ?? "";
  const head = `HTTP ${response.status} ${response.statusText}`.trimEnd();
  const location = response.headers.get("location");
  const moved = location === null ? "" : `\nlocation: ${location}`;
  const body = isText(type)
    ? await readText(response, limits.maxBytes)
    : await describe(response, type);
  const text = withoutSecrets(
    `${head}${type && `\ncontent-type: ${type}`}${moved}\n\n${body}`,
    limits.secrets,
  );
  return { isError: response.status >= 400, text: clip(text) };
}

/** Replaces every secret, and the credential inside one like `Bearer …`, by a note. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const values = secrets.flatMap((secret) => [secret, ...secret.split(/\s+/)]);
  return withoutValues(text, values, { minChars: SECRET_MIN_CHARS, note: "[configured value]" });
}

function isText(type: string): boolean {
  const [essence = ""] = type.toLowerCase().split(";");
  const name = essence.trim();
  if (name === "" || name.startsWith("text/")) return true;
  return /^application\/(?:[\w.+-]*\+)?(?:json|xml|yaml|x-yaml|javascript|x-ndjson|x-www-form-urlencoded|graphql)$/.test(
    name,
  );
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return "";
  const { bytes, whole } = await readUpTo(response.body, maxBytes);
  if (bytes.includes(0)) return `(binary data, ${bytes.length} bytes, not shown)`;
  const text = new TextDecoder().decode(bytes);
  return whole ? text : `${text}\n\n[cut here: the answer is larger than ${maxBytes} bytes]`;
}

async function readUpTo(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<{ bytes: Uint8Array; whole: boolean }> {
  const bytes = new Uint8Array(maxBytes);
  const reader = body.getReader();
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes: bytes.subarray(0, length), whole: true };
    bytes.set(value.subarray(0, maxBytes - length), length);
    if (value.length > maxBytes - length) {
      await reader.cancel();
      return { bytes, whole: false };
    }
    length += value.length;
  }
}

async function describe(response: Response, type: string): Promise<string> {
  const length = response.headers.get("content-length");
  await response.body?.cancel();
  return `(${type}${length === null ? "" : `, ${length} bytes`}: not text, not shown)`;
}

function clip(text: string): string {
  if (text.length <= TOOL_RESULT_MAX_CHARS) return text;
  const kept = text.slice(0, TOOL_RESULT_MAX_CHARS - NOTES_CHARS);
  return `${kept}\n\n[cut here: ${text.length - kept.length} more characters]`;
}
