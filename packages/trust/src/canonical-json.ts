// One text per JSON value (RFC 8785), so that equal values have equal digests whoever wrote them.
import { TrustError } from "./trust-error.ts";

/**
 * Writes a JSON value with sorted member names (by UTF-16 code units) and no spaces. Members that are undefined are left
 * out, as JSON.stringify does. Throws TrustError for what JSON has no text for: undefined, NaN, infinities, functions,
 * bigints, lone surrogates and objects that are not plain.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(",")}]`;
  if (isPlainObject(value)) return `{${members(value).join(",")}}`;
  throw new TrustError("json", "malformed", typeof value);
}

function members(value: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .toSorted((left, right) => (left < right ? -1 : 1))
    .map((name) => `${quoted(name)}:${canonicalJson(value[name])}`);
}

function quoted(text: string): string {
  if (!text.isWellFormed()) throw new TrustError("json", "encoding", "lone surrogate");
  return JSON.stringify(text);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
