// The way to the Agents Worker: signed requests out, a turn's stream or a tool's result back.
import {
  AGENTS_ORIGIN,
  problem,
  problemSchema,
  SUMMARIES_PATH,
  toolResultSchema,
  type Briefing,
  type Problem,
  type RunId,
  type SummaryRequest,
  type ToolCallRequest,
  type ToolResult,
  type TurnRequest,
} from "@acos/protocol";

import type { Session, SessionKeys, Subject } from "../session-keys.ts";

/** An answer that is a Problem, or a link that broke before there was one (`lost`). */
export interface CallFailure {
  readonly ok: false;
  readonly problem: Problem;
  readonly lost: boolean;
}
/** A call that the log has dispatched, with the digest it was journalled under; its grant is made when it is sent. */
export type DispatchedCall = Omit<ToolCallRequest, "grant"> & { readonly digest: string };

/** For whom the group speaks at the moment of sending: its epoch may have risen since the work began. */
type CurrentSubject = () => Subject;

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
    subject: CurrentSubject,
    signal: AbortSignal,
  ): Promise<Called<ReadableStream<Uint8Array>>> {
    const compose = (): Promise<TurnRequest> => Promise.resolve({ briefing });
    return streamOf(await this.#post("/turns", compose, { subject, run: briefing.run, signal }));
  }

  /** Asks for a summary; its stream is a turn's, and the caller's to read. */
  async summary(
    request: SummaryRequest,
    subject: CurrentSubject,
    signal: AbortSignal,
  ): Promise<Called<ReadableStream<Uint8Array>>> {
    const compose = (): Promise<SummaryRequest> => Promise.resolve(request);
    return streamOf(await this.#post(SUMMARIES_PATH, compose, { subject, run: null, signal }));
  }

  /** Has one journalled tool call made. */
  async callTool(
    call: DispatchedCall,
    subject: CurrentSubject,
    signal: AbortSignal,
  ): Promise<Called<ToolResult>> {
    const compose = (session: Session): Promise<ToolCallRequest> => granted(call, session);
    const called = await this.#post("/tool-calls", compose, { subject, run: call.run, signal });
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
    path: "/turns" | "/tool-calls" | typeof SUMMARIES_PATH,
    compose: (session: Session) => Promise<TurnRequest | ToolCallRequest | SummaryRequest>,
    { subject, run, signal }: { subject: CurrentSubject; run: RunId | null; signal: AbortSignal },
  ): Promise<Called<Response>> {
    const url = `${AGENTS_ORIGIN}${path}`;
    const send = async (): Promise<Response> => {
      const session = await this.#keys.session(subject());
      const body = new TextEncoder().encode(JSON.stringify(await compose(session)));
      const headers = await session.sign({ url, body, run });
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

function streamOf(called: Called<Response>): Called<ReadableStream<Uint8Array>> {
  if (!called.ok) return called;
  const stream = called.value.body;
  return stream ? { ok: true, value: stream } : lost("The Agents Worker answered without a body.");
}

async function granted(
  { digest, ...call }: DispatchedCall,
  session: Session,
): Promise<ToolCallRequest> {
  const { group, run, turn, dispatch } = call;
  const bound = { group, run, turn, call: call.call, dispatch, argumentsDigest: digest };
  return { ...call, grant: await session.grant({ audience: "acos:tool-gateway", ...bound }) };
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
