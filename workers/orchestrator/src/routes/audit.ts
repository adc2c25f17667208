// /orgs/{org}/audit: the audit chain of an org as its owners and admins read it, with all that a reader needs to verify it.
import { auditBodySchema, parseJson, type AuditBody, type AuditEntryView } from "@acos/protocol";
import { AUDIT_BEGIN, canonicalJson } from "@acos/trust";

import { listEntries, readHead, type EntryRow } from "../audit/audit-rows.ts";
import { isSealed } from "../audit/head-seal.ts";
import type { Handler } from "../rest/call.ts";
import { numberCursor, pageOf } from "../rest/page.ts";
import { accessOrg } from "../store/access.ts";

export const listAuditEntries: Handler<"listAuditEntries"> = async (call) => {
  const { plane, caller, params, page } = call;
  const org = accessOrg(caller, params.org, "manage");
  const after = numberCursor(page.cursor) ?? 0;
  const rows = await listEntries(plane.db, org, { after, limit: page.limit + 1 });
  return pageOf(rows.map(viewOf), page.limit, ({ seq }) => String(seq));
};

export const getAuditHead: Handler<"getAuditHead"> = async ({ plane, caller, params }) => {
  const org = accessOrg(caller, params.org, "manage");
  const head = await readHead(plane.db, org);
  if (!head) return { ...AUDIT_BEGIN, sealed: true };
  return { seq: head.seq, hash: head.hash, sealed: await isSealed(plane.vault, org, head) };
};

function viewOf({ seq, at, body, hash, previous }: EntryRow & { readonly previous: string }) {
  const time = new Date(at);
  const isTime = !Number.isNaN(time.getTime());
  const view: AuditEntryView = {
    seq,
    at: (isTime ? time : new Date(0)).toISOString(),
    ...readBody(body),
    hash,
    previous,
  };
  return view;
}

/** The body as it was hashed. One that is no body of ours is shown as what it is: its hash will not fit. */
function readBody(text: string): AuditBody {
  const body = auditBodySchema.safeParse(parseOrNothing(text));
  if (body.success && canonicalJson(body.data) === text) return body.data;
  return { kind: "unreadable", actor: "unknown", details: { body: text } };
}

function parseOrNothing(text: string): unknown {
  try {
    return parseJson(text, "An audit entry");
  } catch {
    // Somebody wrote into the table: the entry is listed all the same, so that it is found.
    return undefined;
  }
}
