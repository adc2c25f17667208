// What the audit log says of REST operations: one table of those that are recorded, with exactly the fields that are told.
import {
  ID_PREFIXES,
  isId,
  OPERATIONS,
  ProblemError,
  statusOf,
  type AuditNote,
  type ErrorCode,
  type IdKind,
  type OperationId,
} from "@acos/protocol";

import type { ControlPlane } from "../control-plane.ts";
import type { Params } from "../rest/route-table.ts";
import type { Caller } from "../sign-in/caller.ts";
import { INSTALLATION_CHAIN, type Chain } from "./audit.ts";
import { chainsOfLiving, chainsOfThing } from "./find-chains.ts";

export interface AskedOperation {
  readonly id: OperationId;
  readonly params: Params;
  /** Left out as long as it is not proven who asks. */
  readonly caller?: Caller;
}

type Fields = Readonly<Record<string, unknown>>;
type Details = NonNullable<AuditNote["details"]>;

interface Row {
  readonly kind: AuditNote["kind"];
  readonly subject: (from: From) => unknown;
  readonly details?: (from: From) => Record<string, unknown>;
  /** Written after the answer and counted: no database call may hold it up, or whoever only reads may repeat it at will. */
  readonly later?: true;
}

/** What a row may pick from. It names each field it tells: a body or an answer may hold a key. */
interface From {
  readonly params: Params;
  readonly body: Fields;
  readonly answer: Fields;
}

const made = ({ answer }: From) => answer["id"];
const named = ({ params }: From) => params["name"];
const given = ({ params }: From) => params["id"];
const member = ({ params }: From) => params["member"];
const sandbox = ({ params }: From) => params["sandbox"];
const inGroup = ({ params }: From) => ({ group: params["id"] });
const version = ({ answer }: From) => ({ version: answer["version"] });

const ROWS: Partial<Record<OperationId, Row>> = {
  createApiKey: {
    kind: "api-key-made",
    subject: made,
    details: ({ answer }) => ({ scopes: (answer["scopes"] as readonly string[]).join(" ") }),
  },
  deleteApiKey: { kind: "api-key-revoked", subject: given },
  putProvider: {
    kind: "provider-put",
    subject: named,
    details: ({ answer, body }) => ({
      version: answer["version"],
      type: answer["kind"],
      address: answer["baseUrl"],
      newKey: body["apiKey"] !== undefined,
    }),
  },
  putSecret: {
    kind: "secret-put",
    subject: named,
    details: ({ answer, body }) => ({
      version: answer["version"],
      hosts: (answer["hosts"] as readonly string[]).join(" "),
      newValue: body["value"] !== undefined,
    }),
  },
  deleteSecret: { kind: "secret-deleted", subject: named },
  deleteProvider: { kind: "provider-deleted", subject: named },
  createAgent: { kind: "agent-created", subject: made, details: version },
  patchAgent: { kind: "agent-changed", subject: given, details: version },
  restoreAgentVersion: {
    kind: "agent-restored",
    subject: given,
    details: ({ params, answer }) => ({ version: answer["version"], from: Number(params["n"]) }),
  },
  deleteAgent: { kind: "agent-deleted", subject: given },
  createGroup: { kind: "group-created", subject: made },
  deleteGroup: { kind: "group-deleted", subject: given },
  archiveGroup: { kind: "group-archived", subject: given },
  restoreGroup: { kind: "group-restored", subject: given, later: true },
  forkGroup: {
    kind: "group-forked",
    subject: made,
    details: ({ params, body }) => ({ from: params["id"], atSeq: body["atSeq"] }),
  },
  exportGroup: { kind: "group-exported", subject: given, later: true },
  importGroup: { kind: "group-imported", subject: made },
  // That there is a sandbox, or no more, the group tells: agents make some, too. Whoever runs commands runs many: noted after the answer, and without the command's words.
  execInSandbox: {
    kind: "sandbox-command-run",
    subject: sandbox,
    details: inGroup,
    later: true,
  },
  openTerminal: { kind: "terminal-opened", subject: sandbox, details: inGroup, later: true },
  putMember: {
    kind: "member-put",
    subject: member,
    details: ({ params, body }) => ({ group: params["id"], role: body["role"] }),
  },
  removeMember: {
    kind: "member-removed",
    subject: member,
    details: ({ params }) => ({ group: params["id"] }),
  },
  openPreview: {
    kind: "token-issued",
    subject: sandbox,
    details: ({ params, body }) => ({ group: params["id"], port: body["port"] }),
    later: true,
  },
  createRoutingToken: { kind: "token-issued", subject: given, later: true },
};

/**
 * Runs an operation and records it, where it is one that is recorded, before it resolves. One that fails on our side is
 * recorded too, with the code: it may be half done. What is refused is not recorded here.
 */
export async function recorded<T>(
  plane: ControlPlane,
  asked: AskedOperation & { readonly body: unknown },
  work: () => Promise<T>,
): Promise<T> {
  const row = ROWS[asked.id];
  if (!row) return work();
  try {
    const answer = await work();
    await record(plane, asked, { row, answer });
    return answer;
  } catch (error) {
    const code = error instanceof ProblemError ? error.problem.code : "internal";
    if (statusOf(code) >= 500) await record(plane, asked, { row, failed: code });
    throw error;
  }
}

async function record(
  { audit, db }: ControlPlane,
  asked: AskedOperation & { readonly body: unknown },
  {
    row,
    answer,
    failed,
  }: { readonly row: Row; readonly answer?: unknown; readonly failed?: string },
): Promise<void> {
  const from = { params: asked.params, body: fieldsOf(asked.body), answer: fieldsOf(answer) };
  const subject = row.subject(from);
  const told = failed === undefined ? row.details?.(from) : { failed };
  const details = told && plainFields(told);
  const note = {
    kind: row.kind,
    actor: asked.caller?.user ?? "unknown",
    ...(typeof subject === "string" && { subject }),
    ...(details && { details }),
  };
  const find = async () => ({ chains: await chainsOf(asked, (id) => chainsOfThing(db, id)) });
  if (row.later) audit.noteLater(note, find);
  else await audit.noteFound(note, find);
}

/** What is recorded of refusals: no proof, no right, nothing there, too often. The rest is a mistake and no attempt. */
const REFUSED_STATUSES: readonly number[] = [401, 403, 404, 429];

/** Records that an operation was refused, after the answer; in the chain of whose thing was asked for, if it is there. */
export function noteRefusal(
  { audit, db }: ControlPlane,
  asked: AskedOperation,
  code: ErrorCode,
): void {
  if (!REFUSED_STATUSES.includes(statusOf(code))) return;
  const { id, params, caller } = asked;
  const details = { operation: id, code };
  if (!caller)
    return audit.noteLater({ kind: "refused", actor: "unknown", details }, async () => ({
      chains: [INSTALLATION_CHAIN],
    }));
  const thing = params["id"] ?? params["org"] ?? "";
  // Whatever else stands in a path is not repeated here: people paste keys into wrong places.
  const subject = isAnyId(thing) ? { subject: thing } : {};
  audit.noteLater({ kind: "refused", actor: caller.user, ...subject, details }, async () => ({
    chains: await chainsOf(asked, (living) => chainsOfLiving(db, living)),
  }));
}

function isAnyId(text: string): boolean {
  return Object.keys(ID_PREFIXES).some((kind) => isId(kind as IdKind, text));
}

async function chainsOf(
  { id, params, caller }: AskedOperation,
  chainsOfId: (id: string) => Promise<readonly Chain[]>,
): Promise<readonly Chain[]> {
  if (OPERATIONS[id].guard === "user") return caller?.orgs.map((org) => org.id) ?? [];
  return chainsOfId(params["org"] ?? params["id"] ?? "");
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function plainFields(told: Record<string, unknown>): Details {
  const plain: Details = {};
  for (const [name, value] of Object.entries(told))
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      plain[name] = value;
  return plain;
}
