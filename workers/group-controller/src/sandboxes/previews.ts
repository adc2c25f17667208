// Previews: a browser's request to a server inside a sandbox. The Orchestrator proved the token or cookie; whether it still counts is known here.
import { findMember } from "./preview-member.ts";
import { problem, ProblemError, type PreviewClaims } from "@acos/protocol";

import { NO_SUCH_GROUP, type UsedTokens } from "../sockets/accept.ts";
import { bodyInMemory, previewFields, refuse } from "./passed-on.ts";
import { NO_SUCH_SANDBOX, type SandboxFacts } from "./sandbox-facts.ts";
import { problemOfResponse, type SandboxLink } from "./sandbox-link.ts";
import type { SandboxStarts } from "./sandbox-starts.ts";
import { previewOf } from "./rim-headers.ts";
import type { PreviewEnds } from "./preview-ends.ts";

export interface PreviewsRim {
  readonly link: SandboxLink;
  readonly facts: SandboxFacts;
  readonly starts: SandboxStarts;
  readonly tokens: UsedTokens;
  readonly ends: PreviewEnds;
  readonly now: () => number;
}

const PATH = /^\/previews\/([^/]+)\/(\d{1,5})(\/.*)?$/;
/** A development server compiles before it answers the first request. */
const DEADLINE_MS = 120_000;
const NOT_RUNNING = problem(
  "unavailable",
  "This sandbox does not run, so there is nothing to see. Start the server in it again, then reload.",
);
const LINK_USED = problem(
  "used_token",
  "This link to a preview was opened already. In the same browser the address without ?__t= still shows it; elsewhere, open the preview again from the group, or with acos preview.",
);
const ENDED = problem(
  "unauthenticated",
  "The sign-in behind this preview has ended. Open it again.",
);

export class Previews {
  readonly #rim: PreviewsRim;

  constructor(rim: PreviewsRim) {
    this.#rim = rim;
  }

  /** Answers a request to `/previews/{sandbox}/{port}{path}`. It starts nothing. Never rejects. */
  async serve(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const [, sandbox, port, path = "/"] = PATH.exec(pathname) ?? [];
    const claims = previewOf(request);
    if (!claims || claims.sandbox !== sandbox || String(claims.port) !== port)
      return refuse(NO_SUCH_SANDBOX);
    try {
      const refusal = this.#refusalOf(claims);
      if (refusal) return refuse(refusal);
      return await this.#pass(request, claims, { path, search });
    } catch (error) {
      if (error instanceof ProblemError) return refuse(error.problem);
      throw error;
    }
  }

  #refusalOf(claims: PreviewClaims): typeof NOT_RUNNING | null {
    const { facts, tokens, ends, now } = this.#rim;
    const { user, group, jti, exp } = claims;
    const member = findMember(facts.state, user);
    if (!member || facts.state.group?.id !== group) return NO_SUCH_GROUP;
    if (ends.isEnded(claims)) return ENDED;
    if (jti !== undefined && !tokens.use({ jti, exp }, now())) return LINK_USED;
    if (!facts.find(claims.sandbox)) return NO_SUCH_SANDBOX;
    return null;
  }

  async #pass(
    request: Request,
    { sandbox, port, user }: PreviewClaims,
    { path, search }: { path: string; search: string },
  ): Promise<Response> {
    const { facts, link, starts } = this.#rim;
    const { epoch } = facts.get(sandbox);
    if (!epoch) return refuse(NOT_RUNNING);
    const start = { sandbox, epoch };
    const response = await link.send({
      ...start,
      method: request.method,
      path: `/agent/ports/${port}/proxy${path}`,
      search,
      headers: previewFields(request),
      body: await bodyInMemory(request),
      actor: findMember(facts.state, user)?.member ?? null,
      signal: request.signal,
      deadlineMs: DEADLINE_MS,
    });
    // A server inside answers 409 as it likes; only the host's word is read.
    if (response.status !== 409 || !isProblemJson(response)) return response;
    const refusal = await problemOfResponse(response.clone());
    if (refusal.code !== "sandbox_replaced") return response;
    starts.replaced(start);
    return refuse(NOT_RUNNING);
  }
}

function isProblemJson({ headers }: Response): boolean {
  return headers.get("content-type")?.includes("json") === true;
}
