// Where a call of an HTTP tool goes: the model's path and query laid on the agent's base URL, from which they cannot escape.

/** Why a call cannot be made, in words for the model. */
class TargetError extends Error {
  override readonly name = "TargetError";
}

/** Times a path is decoded to look for hidden dots: servers decode once, careless ones twice. */
const DECODINGS_MAX = 4;

export interface TargetParts {
  readonly baseUrl: string;
  /** Of the agent's configuration; wins over the model's. */
  readonly fixedQuery: Readonly<Record<string, string>>;
  /** Of the model. May carry a query of its own after `?`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/**
 * The URL of a call. Throws TargetError when the path is not plainly below the base URL. Does not judge the host: the
 * egress function does.
 */
export function targetOf(parts: TargetParts): URL {
  const base = new URL(parts.baseUrl);
  const [path = "", ...rest] = parts.path.split("?");
  requirePlainPath(path);
  const prefix = base.pathname.replace(/\/+$/, "");
  const target = new URL(base);
  target.hash = "";
  target.pathname = path === "" ? base.pathname : `${prefix}/${path.replace(/^\//, "")}`;
  if (!isBelow(base, target)) throw new TargetError("The path leaves the tool's base URL.");
  const wished = [...new URLSearchParams(rest.join("?")), ...Object.entries(parts.query)];
  for (const [name, value] of wished) target.searchParams.append(name, value);
  for (const [name, value] of fixedQueryOf(base, parts.fixedQuery))
    target.searchParams.set(name, value);
  return target;
}

/** Tells whether a URL is the base URL or below it, on the same origin. */
export function isBelow(base: URL, target: URL): boolean {
  const prefix = base.pathname.replace(/\/+$/, "");
  const inside = target.pathname === prefix || target.pathname.startsWith(`${prefix}/`);
  return target.origin === base.origin && inside;
}

function fixedQueryOf(
  base: URL,
  query: Readonly<Record<string, string>>,
): readonly [string, string][] {
  return [...base.searchParams, ...Object.entries(query)];
}

/** Refuses every path that some parser on the way could read as going up or elsewhere. */
function requirePlainPath(path: string): void {
  if (path.includes("#")) throw new TargetError("A path cannot have a fragment (#).");
  if (path.startsWith("//") || /^[a-z][a-z0-9+.-]*:/i.test(path))
    throw new TargetError("Give a path below the tool's base URL, not an address.");
  let decoded = path;
  for (let round = 0; round < DECODINGS_MAX; round += 1) {
    requireNoDots(decoded);
    const next = decode(decoded);
    if (next === decoded) return;
    decoded = next;
  }
  throw new TargetError("The path is encoded more than once.");
}

function requireNoDots(path: string): void {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\\\u0000-\u001f\u007f]/.test(path))
    throw new TargetError("A path cannot hold backslashes or control characters.");
  if (path.split(/[/;]/).some((segment) => segment === ".." || segment === "."))
    throw new TargetError('A path cannot go up: leave out "." and ".." segments.');
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new TargetError("The path is not valid percent-encoding.");
  }
}
