// The head of a request, read strictly: one that two parsers could read differently is refused.

/** A request whose bytes leave no second reading. */
export interface Head {
  readonly method: string;
  readonly target: string;
  readonly version: "1.0" | "1.1";
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** How the body ends. */
  readonly body: { readonly bytes: number } | "chunked";
  /** It asks for a WebSocket, and what follows is no HTTP. */
  readonly webSocket: boolean;
}

/** A request that is not passed on; the message reads on after "because" and quotes nothing. */
export class HeadError extends Error {
  override readonly name = "HeadError";
}

const HEADERS_MAX = 100;
const REQUEST_LINE = /^([A-Z][A-Z-]{0,19}) ([\x21-\x7e]+) HTTP\/(1\.[01])$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// oxlint-disable-next-line no-control-regex -- what no header may hold
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
/** They would send back to the sandbox what was put into the request on its way out. */
const ECHOING = ["TRACE", "TRACK"];

/** Reads the bytes before the empty line, as Latin-1. Throws HeadError. */
export function readHead(text: string): Head {
  const [first = "", ...lines] = text.split("\r\n");
  if (/[\r\n]/.test(first) || lines.some((line) => /[\r\n]/.test(line)))
    throw new HeadError("a line ends in something else than CR LF");
  const [, method, target, version] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined)
    throw new HeadError("its first line is not method, target and HTTP/1.1");
  if (ECHOING.includes(method)) throw new HeadError(`${method} is not allowed`);
  if (lines.length > HEADERS_MAX) throw new HeadError(`it has more than ${HEADERS_MAX} headers`);
  const headers = lines.map(readHeader);
  const parts = { method, target, version: version as Head["version"], headers };
  const body = bodyOf(parts);
  return { ...parts, body, webSocket: isWebSocket(parts, body) };
}

function readHeader(line: string): readonly [string, string] {
  if (/^[ \t]/.test(line)) throw new HeadError("a header goes on in the next line");
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0));
  const value = line.slice(colon + 1);
  if (!HEADER_NAME.test(name) || CONTROL.test(value)) throw new HeadError("a header is malformed");
  return [name, value.replace(/^[ \t]+/, "").trimEnd()];
}

type Parts = Pick<Head, "method" | "target" | "version" | "headers">;

/** The value of a header that may stand there once. */
function single({ headers }: Parts, name: string): string | undefined {
  const found = headers.filter(([own]) => own.toLowerCase() === name);
  if (found.length > 1) throw new HeadError(`it has several ${name} headers`);
  return found[0]?.[1];
}

function bodyOf(parts: Parts): Head["body"] {
  if (single(parts, "host") === undefined && parts.version === "1.1")
    throw new HeadError("it has no Host header");
  const length = single(parts, "content-length");
  const coding = single(parts, "transfer-encoding");
  const isConnect = parts.method === "CONNECT";
  if (isConnect && (length !== undefined || coding !== undefined))
    throw new HeadError("CONNECT has no body");
  if (length !== undefined && coding !== undefined)
    throw new HeadError("it has both Content-Length and Transfer-Encoding");
  if (coding !== undefined) {
    if (coding.toLowerCase() !== "chunked" || parts.version === "1.0")
      throw new HeadError("its Transfer-Encoding is not chunked alone");
    return "chunked";
  }
  if (length !== undefined && !/^(?:0|[1-9]\d{0,14})$/.test(length))
    throw new HeadError("its Content-Length is not one number");
  return { bytes: Number(length ?? 0) };
}

function isWebSocket(parts: Parts, body: Head["body"]): boolean {
  const upgrade = single(parts, "upgrade")?.toLowerCase();
  const asks = connectionTokens(parts.headers).includes("upgrade");
  if (upgrade !== "websocket" || !asks) return false;
  if (parts.method !== "GET" || body === "chunked" || body.bytes > 0)
    throw new HeadError("a WebSocket begins with a GET without a body");
  return true;
}

/** What the Connection headers name, in lower case. */
export function connectionTokens(headers: Head["headers"]): readonly string[] {
  return headers
    .filter(([name]) => name.toLowerCase() === "connection")
    .flatMap(([, value]) => value.split(","))
    .map((token) => token.trim().toLowerCase());
}

/** The head again, in the one spelling that the parser behind reads as it was read here. Other upgrades are dropped. */
export function writeHead({ method, target, version, headers, webSocket }: Head): string {
  const kept = headers.filter(([name]) => webSocket || name.toLowerCase() !== "upgrade");
  const lines = kept.map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${target} HTTP/${version}`, ...lines, "", ""].join("\r\n");
}
