// The way to the Sandbox Host: one signed request, within a time, and once more under a new certificate where it is not believed.
import {
  EPOCH_HEADER,
  GRANT_HEADER,
  problem,
  ProblemError,
  problemSchema,
  statusOf,
  type MemberId,
  type Problem,
  type RunId,
  type SandboxId,
} from "@acos/protocol";
import { sandboxTarget } from "@acos/trust";

import type { Session, SessionKeys, Subject } from "../session-keys.ts";

export interface HostRequest {
  readonly sandbox: SandboxId;
  /** GET where none is given. */
  readonly method?: string;
  /** Below the sandbox: empty, or begins with a slash. */
  readonly path?: string;
  /** Empty, or begins with a question mark. */
  readonly search?: string;
  readonly headers?: Headers;
  readonly body?: Uint8Array;
  readonly run?: RunId | null;
  /** The member for whom it is asked. */
  readonly actor?: MemberId | null;
  /** The start that it is meant for; everything below `/agent` names one. */
  readonly epoch?: string;
  /** Makes the grant of a tool call, with the key that signs the request. */
  readonly grant?: (session: Session) => Promise<string>;
  readonly signal?: AbortSignal;
  /** How long the head of the answer may take. */
  readonly deadlineMs?: number;
}

/** Time for an answer's head where the request does not name its own. */
const DEADLINE_MS = 30_000;
const NO_BODY = new Uint8Array();
/** Status of a request whose certificate or signature is not accepted. */
const UNPROVEN = 401;
const MISSING = 404;

const REPLACED = problem("sandbox_replaced", "The host does not have this sandbox any more.");

export const UNREACHABLE = problem(
  "unavailable",
  "The Sandbox Host could not be reached. Try again in a moment.",
);

const OFF = problem("sandboxes_off", "This installation has no Sandbox Host, and so no sandboxes.");
/** Stands in where none is bound. */
export const NO_HOST: Pick<Fetcher, "fetch"> = {
  fetch: () => Promise.resolve(Response.json(OFF, { status: statusOf(OFF.code) })),
};

export class SandboxLink {
  readonly #service: Pick<Fetcher, "fetch">;
  readonly #keys: SessionKeys;
  readonly #subject: () => Subject | null;

  constructor(service: Pick<Fetcher, "fetch">, keys: SessionKeys, subject: () => Subject | null) {
    this.#service = service;
    this.#keys = keys;
    this.#subject = subject;
  }

  /** Sends a request and answers whatever comes. Throws ProblemError UNREACHABLE where nothing does, or not in time. */
  async send(request: HostRequest): Promise<Response> {
    const response = await this.#proven(request);
    if (response.status !== MISSING || !request.path?.startsWith("/agent/")) return response;
    // A host that does not know the sandbox answers like an agent that does not have a file: which it is, is asked.
    const known = await this.#proven({ sandbox: request.sandbox });
    if (known.status !== MISSING) return response;
    return Response.json(REPLACED, { status: statusOf(REPLACED.code) });
  }

  async #proven(request: HostRequest): Promise<Response> {
    const response = await this.#once(request);
    if (response.status !== UNPROVEN) return response;
    // A server in the sandbox may answer so too; what is no word of the host is its own.
    const refusal = problemSchema.safeParse(
      await response
        .clone()
        .json()
        .catch(() => null),
    );
    if (!refusal.success) return response;
    // The proof is checked before anything is done; of a grant that was used a new certificate makes no new one.
    if (refusal.data.code === "used_token") throw new ProblemError(refusal.data);
    this.#keys.forget();
    return this.#once(request);
  }

  async #once(request: HostRequest): Promise<Response> {
    const { method = "GET", path = "", search, actor, body = NO_BODY, run = null } = request;
    const subject = this.#subject();
    if (!subject) throw new ProblemError(UNREACHABLE);
    const url = sandboxTarget(request.sandbox, path, {
      ...(search !== undefined && { search }),
      ...(actor && { actor }),
    });
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), request.deadlineMs ?? DEADLINE_MS);
    try {
      const session = await this.#keys.session(subject);
      const given = await headersOf(request, session);
      const headers = await session.sign({ method, url, body, run, headers: given });
      const signals = [late.signal, ...(request.signal ? [request.signal] : [])];
      return await this.#service.fetch(url, {
        method,
        headers,
        ...(body.length > 0 && { body }),
        redirect: "manual",
        signal: AbortSignal.any(signals),
      });
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      throw new ProblemError(UNREACHABLE);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function headersOf(request: HostRequest, session: Session): Promise<Headers> {
  const headers = new Headers(request.headers);
  if (!headers.has("content-type")) headers.set("content-type", "application/octet-stream");
  if (request.epoch !== undefined) headers.set(EPOCH_HEADER, request.epoch);
  if (request.grant) headers.set(GRANT_HEADER, await request.grant(session));
  return headers;
}

/** Statuses of whatever stands between us and the host when it is not there. */
const GATEWAY_ERRORS_FROM = 502;

/** What an answer that is no success says. */
export async function problemOfResponse(response: Response): Promise<Problem> {
  const answer = problemSchema.safeParse(await response.json().catch(() => null));
  if (answer.success) return answer.data;
  const { status } = response;
  if (status >= GATEWAY_ERRORS_FROM) return UNREACHABLE;
  if (status === 404) return problem("not_found", "The sandbox does not have that.");
  return problem("sandbox_failed", `The Sandbox Host answered ${status}.`);
}
