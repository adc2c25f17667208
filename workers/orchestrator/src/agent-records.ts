// What the Agents Worker reads when KV has not got it: exact bytes of versions, and the public keys. Not on the public face.
import { isId, problem, providerKeyName, type AgentId, type SealedRecord } from "@acos/protocol";
import { WorkerEntrypoint } from "cloudflare:workers";
import { and, eq, sql } from "drizzle-orm";

import type { ControlPlane } from "./control-plane.ts";
import { controlPlaneOf } from "./open-control-plane.ts";
import type { Bindings } from "./env.ts";
import { logError } from "./log.ts";
import { problemResponse, withSecurityHeaders } from "./rest/answer.ts";
import { agentVersions, providerVersions } from "./store/control-tables.ts";
import { readSealedRecord } from "./store/secret-rows.ts";

const AGENT_VERSION = /^\/agent-versions\/([^/]+)\/([1-9]\d{0,8})$/;
const PROVIDER_KEY = /^\/provider-keys\/([^/]+)\/([^/]+)\/([1-9]\d{0,8})$/;
const SECRET = /^\/groups\/([^/]+)\/secrets\/([^/]+)\/([^/]+)$/;
const PROVIDER_VERSION = /^\/provider-versions\/([^/]+)\/([^/]+)\/([1-9]\d{0,8})$/;

/** Entrypoint bound by the Agents Worker as RECORDS. The reader verifies the hash of what it gets. */
export class AgentRecords extends WorkerEntrypoint<Bindings> {
  override async fetch(request: Request): Promise<Response> {
    try {
      const plane = await controlPlaneOf(this.env);
      return await serveRecord(plane, new URL(request.url).pathname);
    } catch (error) {
      logError("a record could not be read", error);
      return problemResponse(problem("unavailable", "The record could not be read. Ask again."));
    }
  }
}

async function serveRecord(plane: ControlPlane, path: string): Promise<Response> {
  if (path === "/.well-known/jwks.json") return serveJwks(plane);
  const [, agent, agentVersion] = AGENT_VERSION.exec(path) ?? [];
  if (agent !== undefined && isId("agent", agent))
    return serveBody(await readAgentBody(plane, agent, Number(agentVersion)));
  const sealed = await readSealed(plane, path);
  if (sealed) return Response.json(sealed);
  const [, org, name, version] = PROVIDER_VERSION.exec(path) ?? [];
  if (org === undefined || name === undefined) return serveBody(undefined);
  return serveBody(await readProviderBody(plane, { org, name, version: Number(version) }));
}

/** A provider's key of one version, or a secret for the agents of one group: sealed, and of no use without the master key. */
async function readSealed({ db }: ControlPlane, path: string): Promise<SealedRecord | undefined> {
  const [, owner = "", provider = "", version] = PROVIDER_KEY.exec(path) ?? [];
  if (isId("org", owner))
    return readSealedRecord(db, {
      org: owner,
      name: providerKeyName(provider),
      version: Number(version),
    });
  const [, group = "", org = "", name = ""] = SECRET.exec(path) ?? [];
  if (isId("group", group) && isId("org", org)) return readSealedRecord(db, { org, name, group });
  return undefined;
}

/** The public keys, for whoever verifies what we sign. */
export function serveJwks({ keys }: ControlPlane): Response {
  const headers = withSecurityHeaders(new Headers({ "content-type": "application/jwk-set+json" }));
  // A minute: rotation keeps the old key in the set far longer than that.
  headers.set("cache-control", "public, max-age=60");
  return new Response(JSON.stringify(keys.jwks), { headers });
}

function serveBody(body: string | undefined): Response {
  if (body === undefined) return problemResponse(problem("not_found", "There is no such record."));
  return new Response(body, { headers: { "content-type": "application/json" } });
}

async function readAgentBody(
  { db }: ControlPlane,
  agent: AgentId,
  version: number,
): Promise<string | undefined> {
  const [row] = await db
    .select({ body: agentVersions.body })
    .from(agentVersions)
    .where(and(eq(agentVersions.agent, agent), eq(agentVersions.version, version)));
  return row?.body;
}

async function readProviderBody(
  { db }: ControlPlane,
  of: { readonly org: string; readonly name: string; readonly version: number },
): Promise<string | undefined> {
  const [row] = await db
    .select({ body: providerVersions.body })
    .from(providerVersions)
    .where(
      and(
        eq(providerVersions.org, sql`${of.org}`),
        eq(providerVersions.name, of.name),
        eq(providerVersions.version, of.version),
      ),
    );
  return row?.body;
}
