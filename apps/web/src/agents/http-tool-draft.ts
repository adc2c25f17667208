// An HTTP tool while it is being written in the form: its headers and query as rows, which may be unfinished, and secrets in them.
import type { HttpTool } from "@acos/protocol";

/** One header or query parameter. */
export interface Pair {
  readonly name: string;
  readonly value: string;
}

export type HttpToolDraft = Omit<HttpTool, "headers" | "query"> & {
  readonly headers: readonly Pair[];
  readonly query: readonly Pair[];
};

export const EMPTY_HTTP_TOOL: HttpToolDraft = {
  type: "http",
  name: "",
  description: "",
  baseUrl: "",
  methods: ["GET"],
  headers: [],
  query: [],
};

export function draftOfTool({ headers = {}, query = {}, ...rest }: HttpTool): HttpToolDraft {
  return { ...rest, headers: pairsOf(headers), query: pairsOf(query) };
}

function pairsOf(entries: Readonly<Record<string, string>>): readonly Pair[] {
  return Object.entries(entries).map(([name, value]) => ({ name, value }));
}

/** What is sent of a tool: rows without a name or a value are no rows yet. It does not look for names that come twice. */
export function toolOf({ headers, query, ...rest }: HttpToolDraft): HttpTool {
  const sent = { headers: entriesOf(headers), query: entriesOf(query) };
  return {
    ...rest,
    ...(sent.headers && { headers: sent.headers }),
    ...(sent.query && { query: sent.query }),
  };
}

function entriesOf(pairs: readonly Pair[]): Record<string, string> | undefined {
  const whole = pairs.filter(({ name, value }) => name !== "" || value !== "");
  if (whole.length === 0) return undefined;
  return Object.fromEntries(whole.map(({ name, value }) => [name, value]));
}

/** Whether a row's name stands in an earlier row; headers are the same in any case. */
export function isTwice(pairs: readonly Pair[], index: number, anyCase: boolean): boolean {
  const form = (name: string): string => (anyCase ? name.toLowerCase() : name);
  const name = pairs[index]?.name ?? "";
  return name !== "" && pairs.slice(0, index).some((pair) => form(pair.name) === form(name));
}

/** As the protocol writes it (packages/protocol/src/secret.ts), whose schemas the app does not load. */
const PLACE = /\{\{secret:([a-z0-9-]+)\}\}/g;
/** What stands before a credential in an Authorization header. */
const SCHEME = /^(?:Bearer|Basic|Token|ApiKey)\s+/i;
/** Names of headers and query parameters whose values open doors. */
const DOOR =
  /^(?:(?:proxy-)?authorization|cookie|key|sig|signature)$|(?:^|[-_])(?:api[-_]?key|(?:access[-_]?)?token|secret|password|auth)$/i;

/** The secret that a text names, where it names exactly one. */
export function secretIn(text: string): string | undefined {
  const names = new Set([...text.matchAll(PLACE)].map(([, name]) => name));
  return names.size === 1 ? [...names][0] : undefined;
}

/** Whether a row looks like a credential that everybody may read. */
export function isInClear({ name, value }: Pair): boolean {
  if (value.trim() === "" || value.search(PLACE) >= 0) return false;
  return DOOR.test(name) || SCHEME.test(value);
}

/** The row's value with a secret in the place of the credential; a scheme such as Bearer stays before it. */
export function withSecret({ name, value }: Pair, secret: string): string {
  const place = `{{secret:${secret}}}`;
  if (value.search(PLACE) >= 0) return value.replace(PLACE, place);
  const isFresh = value.trim() === "" && name.toLowerCase() === "authorization";
  const [scheme = isFresh ? "Bearer " : ""] = SCHEME.exec(value) ?? [];
  return scheme + place;
}

/** Whether a secret for these hosts may go to a tool's address; an unfinished address fits all. */
export function fitsHost(hosts: readonly string[], baseUrl: string): boolean {
  if (!URL.canParse(baseUrl)) return true;
  const { host, hostname } = new URL(baseUrl);
  return hosts.includes(host) || hosts.includes(hostname);
}
