// Addresses that members enter, judged as the egress function will judge them at every call: a refusal now is worth more.
import { judgeUrl, type EgressPolicy, type Judgement } from "@acos/egress";
import { problem, ProblemError, type ToolConfig } from "@acos/protocol";

import type { Settings } from "../env.ts";

/** What was judged and may be called. */
type Open = Extract<Judgement, { ok: true }>;

/** Throws ProblemError `forbidden_address` naming the field. Does not see what the name resolves to. */
export function requireOpenAddress(field: string, text: string, policy: EgressPolicy): Open {
  const judgement = judgeUrl(text, policy);
  if (judgement.ok) return judgement;
  const words = `This installation does not call ${field}: ${judgement.why}.`;
  throw new ProblemError(
    problem("forbidden_address", words, { details: [{ field, problem: words }] }),
  );
}

/** Throws ProblemError `forbidden_address` for the first HTTP tool whose base URL no call would reach. */
export function requireOpenTools(
  tools: readonly ToolConfig[],
  { egressAllow }: Pick<Settings, "egressAllow">,
): void {
  for (const [index, tool] of tools.entries())
    if (tool.type === "http")
      requireOpenAddress(`tools.${index}.baseUrl`, tool.baseUrl, {
        local: false,
        allow: egressAllow,
      });
}
