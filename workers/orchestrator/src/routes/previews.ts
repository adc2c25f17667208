// POST /groups/{id}/sandboxes/{sandbox}/preview: a link to a server in a sandbox, for the browser that opens it first.
import { PREVIEW_TOKEN_TTL_S, problem, ProblemError } from "@acos/protocol";
import { signPreview } from "@acos/trust";

import { freshNonce } from "../clock.ts";
import { previewOrigin } from "../preview/preview-host.ts";
import { PREVIEW_PARAMETER } from "../preview/serve-preview.ts";
import type { Handler } from "../rest/call.ts";
import { accessGroup } from "../store/access.ts";
import { ask } from "./ask-group-of-path.ts";
import { sandboxOf } from "./sandbox-of-path.ts";

export const openPreview: Handler<"openPreview"> = async (call) => {
  const { plane, caller, params, body, request } = call;
  const group = accessGroup(params.id);
  const place = { sandbox: sandboxOf(params), port: body.port };
  const { org } = await ask(call, (stub, principal) => stub.admitPreview(principal, place.sandbox));
  plane.limits.countOrg(org);
  const domain = plane.settings.previewDomain;
  if (domain === undefined) throw new ProblemError(problem("sandboxes_off", NO_DOMAIN));
  const { user, sid } = caller;
  const nowMs = plane.clock.now();
  const claims = { user, group, ...place, sid, jti: freshNonce(plane.clock) };
  const token = await signPreview("token", claims, { key: plane.keys.signing, nowMs });
  const origin = previewOrigin(place, { domain, product: new URL(request.url) });
  return {
    url: `${origin}/?${PREVIEW_PARAMETER}=${token}`,
    expiresAt: new Date(nowMs + PREVIEW_TOKEN_TTL_S * 1000).toISOString(),
  };
};

const NO_DOMAIN =
  "There are no previews here: the operator has to set PREVIEW_DOMAIN to a domain that is not the product's own.";
