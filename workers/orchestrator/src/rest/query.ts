// Query parameters: one table says which an operation takes, for the reader of requests and for the OpenAPI document alike.
import {
  changesQuerySchema,
  OPERATIONS,
  outputQuerySchema,
  PAGE_DEFAULT,
  pageQuerySchema,
  parse,
  SEARCH_PAGE_DEFAULT,
  searchPageQuerySchema,
  type OperationId,
} from "@acos/protocol";

import type { PageQuery } from "./call.ts";
import { invalidField } from "./invalid-field.ts";

type QueryName = keyof typeof pageQuerySchema.shape;

/** Lists of a group's log can be entered at any seq; their cursors are seqs as well. */
const ENTERED_AT: Partial<Record<OperationId, "after" | "before">> = {
  listEvents: "after",
  listMessages: "before",
  listRuns: "before",
};

/** What operations take beside, or instead of, a page's own. */
const TAKEN: Partial<Record<OperationId, readonly QueryName[]>> = {
  listChanges: ["from", "to"],
  readProcess: ["from"],
  writeFile: ["mode"],
};

type QuerySchema =
  | typeof pageQuerySchema
  | typeof searchPageQuerySchema
  | typeof changesQuerySchema
  | typeof outputQuerySchema;

/** Where a value is more than the page's schema says. */
const SCHEMAS: Partial<Record<OperationId, QuerySchema>> = {
  searchGroup: searchPageQuerySchema,
  listChanges: changesQuerySchema,
  readProcess: outputQuerySchema,
};

/** The query parameters an operation takes: those of a page for lists, a few of their own for some, none for all others. */
export function queryNamesOf(id: OperationId): readonly QueryName[] {
  const own = TAKEN[id] ?? [];
  if (!("list" in OPERATIONS[id])) return own;
  if (id === "searchGroup") return ["q", "limit", "cursor"];
  const seq = ENTERED_AT[id];
  return [...own, "limit", ...(seq ? [seq] : []), "cursor"];
}

/** What the values of an operation's query must be. */
export function querySchemaOf(id: OperationId): QuerySchema {
  return SCHEMAS[id] ?? pageQuerySchema;
}

/** Reads an operation's query. Throws `invalid_request` for a parameter it does not take, one sent twice, or a wrong value. */
export function readQuery(id: OperationId, query: URLSearchParams): PageQuery {
  const names = queryNamesOf(id);
  const sent: Partial<Record<QueryName, string>> = {};
  for (const [name, value] of query) {
    const known = names.find((each) => each === name);
    if (known === undefined) throw invalidField(name, notTaken(name, names));
    if (known in sent) throw invalidField(name, `The query parameter "${name}" is there twice.`);
    sent[known] = value;
  }
  if (names.includes("q") && !sent.q?.trim()) throw invalidField("q", SEARCH_FOR_WHAT);
  const page = parse(querySchemaOf(id), sent, "The query");
  const { limit = defaultLimitOf(id), after, before, cursor, q = "", from, to, mode } = page;
  if (cursor !== undefined && (after ?? before) !== undefined)
    throw invalidField("cursor", `Send either cursor or ${ENTERED_AT[id]}, not both.`);
  return { limit, after, before, cursor, q, from: from?.toString(), to, mode };
}

const SEARCH_FOR_WHAT = "Say what to search for: the query parameter q holds the words.";

function defaultLimitOf(id: OperationId): number {
  return id === "searchGroup" ? SEARCH_PAGE_DEFAULT : PAGE_DEFAULT;
}

function notTaken(name: string, names: readonly string[]): string {
  const shown = name.slice(0, 60);
  const taken = names.length === 0 ? "no query parameters" : names.join(", ");
  return `There is no query parameter "${shown}" here; this operation takes ${taken}.`;
}
