// Requests to a sandbox whose bodies are not JSON: files as bytes, and output as it is made.
import type { ApiOptions } from "@acos/client";

import { RefusedStart } from "../usage-error.ts";
import { plain } from "./plain-text.ts";

export interface SandboxPlace {
  readonly options: ApiOptions;
  readonly group: string;
  readonly sandbox: string;
}

export interface SandboxRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the sandbox, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer> | string;
  readonly signal?: AbortSignal;
}

/** A refusal by the server, with its status; `message` may be shown as it is. */
export class SandboxRefusal extends RefusedStart {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Sends a request as the user and answers once its head is here. Throws SandboxRefusal; no answer at all has status 0. */
export async function askSandbox(place: SandboxPlace, asked: SandboxRequest): Promise<Response> {
  const { options, group, sandbox } = place;
  const { method, path, headers, body, signal } = asked;
  const { credentials, baseUrl } = options;
  const key = credentials.type === "key" ? { authorization: `Bearer ${credentials.key}` } : {};
  const url = `${baseUrl}/api/v1/groups/${group}/sandboxes/${sandbox}${path}`;
  const response = await fetch(url, {
    method,
    headers: { ...key, ...headers },
    ...(body !== undefined && { body }),
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new SandboxRefusal(0, "unavailable", `${baseUrl} did not answer. Try again.`);
  });
  if (response.ok) return response;
  throw await refusalOf(response);
}

async function refusalOf(response: Response): Promise<SandboxRefusal> {
  const { status } = response;
  const text = await response.text().catch(() => "");
  try {
    const { code, message } = JSON.parse(text) as { code?: unknown; message?: unknown };
    if (typeof message === "string")
      return new SandboxRefusal(status, String(code), plain(message));
  } catch {
    // No Problem: something in between answered, and its status tells the story.
  }
  return new SandboxRefusal(status, "unavailable", `The server answered ${status}.`);
}
