// JSON as tokens may hold it: no duplicate members, no deep nesting, nothing two parsers could read differently.
import { fromUtf8 } from "./base64.ts";

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };
export type JsonObject = { readonly [name: string]: JsonValue };

/** Our tokens nest four deep (cnf → jwk, orgs → role); the rest is room. */
export const JSON_MAX_DEPTH = 32;

/**
 * Parses UTF-8 bytes as JSON. Answers undefined for malformed UTF-8, a byte order mark, a duplicate member, a member
 * named `__proto__`, a number outside the range of a double, half a surrogate pair and nesting deeper than
 * JSON_MAX_DEPTH. Does not limit size.
 */
export function parseStrictJson(bytes: Uint8Array): JsonValue | undefined {
  const text = fromUtf8(bytes);
  if (text === undefined) return undefined;
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    // Not JSON; the caller names what it was.
    return undefined;
  }
  return isUnambiguous(text) && isReadAlike(value) ? value : undefined;
}

/** Same, and the value must be an object. */
export function parseStrictObject(bytes: Uint8Array): JsonObject | undefined {
  const value = parseStrictJson(bytes);
  return isJsonObject(value) ? value : undefined;
}

/** Tells a JSON object from the other values. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]/g;

/** Walks text that is known to be JSON and looks at what JSON.parse forgives. */
function isUnambiguous(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : undefined);
      if (open.length > JSON_MAX_DEPTH) return false;
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (token === ":") {
      if (!isNewMember(open.at(-1), last)) return false;
    }
    last = token;
  }
  return true;
}

function isNewMember(members: Set<string> | undefined, quoted: string): boolean {
  const name = JSON.parse(quoted) as string;
  if (members === undefined || members.has(name) || name === "__proto__") return false;
  members.add(name);
  return true;
}

/** Parsers differ about numbers beyond a double and about half a surrogate pair: some keep it, some put another character. */
function isReadAlike(value: JsonValue): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, item]) => name.isWellFormed() && isReadAlike(item));
}
