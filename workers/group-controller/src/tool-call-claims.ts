// Where the Agents Worker claims a call that has an effect: finds the group's object and hands the question on.
import {
  parse,
  parseJson,
  problem,
  ProblemError,
  statusOf,
  TOOL_CALL_CLAIMS_PATH,
  toolCallClaimSchema,
  type Problem,
  type Result,
  type ToolCallClaim,
} from "@acos/protocol";
import { WorkerEntrypoint } from "cloudflare:workers";

import type { Bindings } from "./env.ts";

/** What a group's object answers claims with. */
interface ClaimedGroup {
  claimCall(claim: ToolCallClaim): Promise<Result<null>>;
}

/** Entrypoint bound by the Agents Worker as CLAIMS. Whoever holds that binding is trusted to be it. */
export class ToolCallClaims extends WorkerEntrypoint<Bindings> {
  override async fetch(request: Request): Promise<Response> {
    try {
      const { pathname } = new URL(request.url);
      if (request.method !== "POST" || pathname !== TOOL_CALL_CLAIMS_PATH)
        return answer(problem("not_found", "There is nothing at this address."));
      const body = parseJson(await request.text(), "The claim");
      const claim = parse(toolCallClaimSchema, body, "The claim");
      const claimed = await groupOf(this.env, claim).claimCall(claim);
      return claimed.ok ? new Response(null, { status: 204 }) : answer(claimed.problem);
    } catch (error) {
      if (error instanceof ProblemError) return answer(error.problem);
      return answer(problem("unavailable", "The call was not made: its group did not answer."));
    }
  }
}

function groupOf({ GROUPS }: Bindings, { group }: ToolCallClaim): ClaimedGroup {
  return GROUPS.get(GROUPS.idFromName(group)) as unknown as ClaimedGroup;
}

function answer(refusal: Problem): Response {
  return Response.json(refusal, { status: statusOf(refusal.code) });
}
