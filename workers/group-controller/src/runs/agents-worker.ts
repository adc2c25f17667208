// The way to the Agents Worker: signed requests out, a turn's stream or a tool's result back.
import {
  AGENTS_ORIGIN,
  problem,
  problemSchema,
  toolResultSchema,
  type Briefing,
  type Problem,
  type RunId,
  type ToolCallRequest,
  type ToolResult,
  type TurnRequest,
} from "@acos/protocol";

import type { SessionKeys, Subject } from "../session-keys.ts";

/** An answer that is a Problem, or a link that broke before there was one (`lost`). */
export interface CallFailure {
  readonly ok: false;
  readonly problem: Problem;
  readonly lost: boolean;
}
type Called<T> = { readonly ok: true; readonly value: T } | CallFailure;

export class AgentsWorker {
  readonly #service: Fetcher;
  readonly #keys: SessionKeys;

  constructor(service: Fetcher, keys: SessionKeys) {
    this.#service = service;
    this.#keys = keys;
  }

  /** Asks for one turn; the stream's lines are the caller's to read. */
  async turn(
    briefing: Briefing,
    subject: Subject,
    signal: AbortSignal,
  ): Promise<Called<ReadableStream<Uint8Array>>> {
    const body: TurnRequest = { briefing };
    const called = await this.#post("/turns", body, { subject, run: briefing.run, signal });
    if (!called.ok) return called;
    const stream = called.value.body;
    return stream
      ? { ok: true, value: stream }
      : lost("The Agents Worker answered without a body.");
  }

  /** Has one journalled tool call made. */
  async callTool(
    request: ToolCallRequest,
    subject: Subject,
    signal: AbortSignal,
  ): Promise<Called<ToolResult>> {
    const called = await this.#post("/tool-calls", request, { subject, run: request.run, signal });
    if (!called.ok) return called;
    try {
      const result = toolResultSchema.safeParse(await called.value.json());
      return result.success
        ? { ok: true, value: result.data }
        : lost("The tool's answer is malformed.");
    } catch {
      return lost("The link broke while the tool answered.");
    }
  }

  async #post(
    path: "/turns" | "/tool-calls",
    message: TurnRequest | ToolCallRequest,
    { subject, run, signal }: { subject: Subject; run: RunId; signal: AbortSignal },
  ): Promise<Called<Response>> {
    const url = `${AGENTS_ORIGIN}${path}`;
    const body = new TextEncoder().encode(JSON.stringify(message));
    const send = async (): Promise<Response> => {
      const headers = await this.#keys.sign(subject, { url, body, run });
      return this.#service.fetch(url, { method: "POST", headers, body, signal });
    };
    try {
      let response = await send();
      if (response.status === UNPROVEN) {
        // The proof is checked before anything is done, so the same work may be asked for again under a new certificate.
        await response.body?.cancel();
        this.#keys.forget();
        response = await send();
      }
      return response.ok ? { ok: true, value: response } : await refused(response);
    } catch {
      return lost("The Agents Worker could not be reached.");
    }
  }
}

/** Status of a request whose certificate or signature is not accepted. */
const UNPROVEN = 401;
/** Statuses of whatever stands between us and the Agents Worker when it is not there. */
const GATEWAY_ERRORS_FROM = 502;

/** A refusal before any work. What is no Problem of ours and looks like a gateway's answer is a broken link. */
async function refused(response: Response): Promise<CallFailure> {
  const { status } = response;
  const answer = problemSchema.safeParse(await response.json().catch(() => null));
  if (answer.success) return { ok: false, problem: answer.data, lost: false };
  const words = `The Agents Worker answered ${status}.`;
  const isGateway = status >= GATEWAY_ERRORS_FROM;
  return { ok: false, problem: problem("unavailable", words), lost: isGateway };
}

function lost(words: string): CallFailure {
  return { ok: false, problem: problem("unavailable", words), lost: true };
}
