// Requests to a Sandbox Host as they arrive, with what a test does not name filled in validly.
import {
  ACTOR_PARAMETER,
  GRANT_HEADER,
  SANDBOX_ORIGIN,
  SANDBOXES_PATH,
  type MemberId,
  type RunId,
  type SandboxCall,
} from "@acos/protocol";

import {
  argumentsDigest,
  createRequestGate,
  NonceCache,
  signRequest,
  signToolGrant,
  type SandboxGate,
  type SignableRequest,
  type SigningKey,
  type ToolGrantClaims,
} from "../src/index.ts";
import {
  CALL,
  certificateWith,
  caRing,
  GROUP,
  NOW_MS,
  RUN,
  SANDBOX,
  sessionKey,
} from "./builders.ts";
import { utf8 } from "./forge.ts";

export const CALLING: SandboxCall = {
  run: RUN,
  turn: 2,
  call: CALL,
  dispatch: 1,
  tool: "run_command",
  arguments: { command: "true" },
};

export interface Asked {
  readonly method?: string;
  /** Below the sandbox. */
  readonly path?: string;
  readonly url?: string;
  readonly run?: RunId | null;
  readonly body?: string;
  readonly grant?: string | null;
  readonly certificate?: string;
}

export const hostCertificate = (claims: Parameters<typeof certificateWith>[0] = {}) =>
  certificateWith({ audience: "acos:sandbox-host", ...claims });

export async function sandboxGate(): Promise<SandboxGate> {
  return {
    gate: createRequestGate("acos:sandbox-host", await caRing()),
    usedGrants: new NonceCache(),
  };
}

export const at = (path: string): string => `${SANDBOX_ORIGIN}${SANDBOXES_PATH}/${SANDBOX}${path}`;
export const asActor = (member: MemberId | string): string => `${ACTOR_PARAMETER}=${member}`;

/** A request as it arrives, signed at NOW_MS by the session key under a certificate for hosts. */
export async function asked(plan: Asked = {}): Promise<SignableRequest & { headers: Headers }> {
  const headers = new Headers({ "content-type": "application/json" });
  const grant = plan.grant ?? null;
  if (grant !== null) headers.set(GRANT_HEADER, grant);
  const request = {
    method: plan.method ?? "GET",
    url: plan.url ?? at(plan.path ?? ""),
    headers,
    body: utf8(plan.body ?? ""),
  };
  const added = await signRequest(request, {
    ...(await sessionKey()),
    certificate: plan.certificate ?? (await hostCertificate()),
    run: plan.run ?? null,
    nonce: crypto.getRandomValues(new Uint8Array(16)),
    nowMs: NOW_MS,
  });
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  return request;
}

/** The group's grant for CALLING, but for what is changed. */
export async function grantFor(
  changes: Partial<ToolGrantClaims> = {},
  signer: { readonly key?: SigningKey; readonly nowMs?: number } = {},
): Promise<string> {
  const { run, turn, call, dispatch, tool, arguments: args } = CALLING;
  const claims: ToolGrantClaims = {
    audience: "acos:sandbox-host",
    group: GROUP,
    run,
    turn,
    call,
    dispatch,
    argumentsDigest: await argumentsDigest(tool, args),
    ...changes,
  };
  return signToolGrant(claims, signer.key ?? (await sessionKey()), signer.nowMs ?? NOW_MS);
}

/** Handing out of a call as the group sends it. */
export async function calling(plan: Asked & { readonly call?: object } = {}) {
  return asked({
    method: "POST",
    path: `/agent/tool-calls/${CALL}`,
    run: RUN,
    body: JSON.stringify({ ...CALLING, ...plan.call }),
    grant: plan.grant === undefined ? await grantFor() : plan.grant,
    ...(plan.path === undefined ? {} : { path: plan.path }),
    ...(plan.run === undefined ? {} : { run: plan.run }),
    ...(plan.method === undefined ? {} : { method: plan.method }),
  });
}
