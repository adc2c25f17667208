// Defence against other websites: a browser's request that changes something must come from a page of ours.
import { problem, ProblemError } from "@acos/protocol";

/**
 * Throws ProblemError `forbidden_origin` when a browser says that the request comes from another site. A caller that is no
 * browser sends neither header and passes: it has no ambient cookies that another site could use.
 */
export function requireOwnOrigin(request: Request, origins: readonly string[]): void {
  const origin = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site");
  const own = origin === null ? site === null || isOwnSite(site) : origins.includes(origin);
  if (own) return;
  const words =
    "Requests from other websites are refused. If this is your own page, the operator has to add its origin to PUBLIC_ORIGINS.";
  throw new ProblemError(problem("forbidden_origin", words));
}

/** `none` = the user typed the address. */
function isOwnSite(site: string): boolean {
  return site === "same-origin" || site === "none";
}
