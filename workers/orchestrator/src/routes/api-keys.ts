// /api-keys: a user's own keys; each acts as its user, within its scopes, and is shown once.
import { API_KEY_SCOPES, parseJson, problem, ProblemError, type ApiKeyView } from "@acos/protocol";
import { and, eq, sql } from "drizzle-orm";

import { endSockets } from "../endings.ts";
import type { Handler } from "../rest/call.ts";
import { idCursor, pageOf } from "../rest/page.ts";
import { scopesOf } from "../sign-in/authenticate.ts";
import { notFound } from "../store/access.ts";
import { apiKeys } from "../store/sign-in-tables.ts";

export const createApiKey: Handler<"createApiKey"> = async ({ plane, caller, body }) => {
  const scopes = [...new Set(body.scopes ?? API_KEY_SCOPES)];
  const beyond = scopes.find((scope) => caller.scopes && !caller.scopes.includes(scope));
  if (beyond !== undefined) {
    const words = `This API key lacks the scope "${beyond}" itself and cannot give it to another key.`;
    throw new ProblemError(problem("forbidden", words));
  }
  const made = await plane.signIn.api.createApiKey({
    body: { name: body.name, userId: caller.user, permissions: { acos: scopes } },
  });
  const { id, key, start, createdAt } = made;
  return {
    id,
    name: body.name,
    start: start ?? "",
    scopes,
    createdAt: new Date(createdAt).toISOString(),
    key,
  };
};

export const listApiKeys: Handler<"listApiKeys"> = async ({ plane, caller, page }) => {
  const cursor = idCursor("apiKey", page.cursor) ?? "";
  const rows = await plane.db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.referenceId, caller.user), sql`${apiKeys.id} > ${cursor}`))
    .orderBy(apiKeys.id)
    .limit(page.limit + 1);
  return pageOf(rows.map(viewOf), page.limit, (view) => view.id);
};

export const deleteApiKey: Handler<"deleteApiKey"> = async ({ plane, caller, params }) => {
  const gone = await plane.db
    .delete(apiKeys)
    .where(and(eq(apiKeys.id, params.id), eq(apiKeys.referenceId, caller.user)))
    .returning({ id: apiKeys.id });
  if (gone.length === 0) throw notFound("API key");
  plane.access.forget(caller.user, plane.clock.now());
  await endSockets(plane, { user: caller.user, sid: params.id });
};

function viewOf(row: typeof apiKeys.$inferSelect): ApiKeyView {
  return {
    id: row.id,
    name: row.name ?? "",
    start: row.start ?? "",
    scopes: scopesOf(row.permissions && parseJson(row.permissions, "An API key's permissions")),
    createdAt: row.createdAt.toISOString(),
  };
}
