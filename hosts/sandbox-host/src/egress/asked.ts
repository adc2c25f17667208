// What a request asks the proxy for, and whether its parts agree: target, path, Host header.
import type { IncomingMessage } from "node:http";

import { malformed } from "./denial.ts";
import { readAuthority, TargetError, type Target } from "./target.ts";

export type Scheme = "http" | "https";

/** Port that a URL of a scheme does not name. */
const DEFAULT_PORTS: Readonly<Record<Scheme, number>> = { http: 80, https: 443 };

export interface Asked {
  readonly target: Target;
  readonly scheme: Scheme;
  /** With the query; begins with a slash. */
  readonly path: string;
}

/** The target of CONNECT. Throws Denial. */
export function connectAsked(request: IncomingMessage): Target {
  const target = reading(() => readAuthority(request.url ?? ""));
  requireHost(request, target, target.port);
  return target;
}

/** What a request with an absolute URL asks for. Throws Denial for another form. */
export function absoluteAsked(request: IncomingMessage): Asked {
  const [, authority = "", rest = ""] = /^http:\/\/([^/?]*)(.*)$/i.exec(request.url ?? "") ?? [];
  if (authority === "")
    throw malformed("its target is no http:// URL (for https, programs ask with CONNECT)");
  const target = reading(() => readAuthority(authority, DEFAULT_PORTS.http));
  requireHost(request, target, DEFAULT_PORTS.http);
  return { target, scheme: "http", path: pathOf(rest.startsWith("/") ? rest : `/${rest}`) };
}

/** What a request inside a tunnel asks for: a path of the tunnel's target. Throws Denial. */
export function tunnelledAsked(
  request: IncomingMessage,
  { target, scheme }: Pick<Asked, "target" | "scheme">,
): Asked {
  const path = request.url ?? "";
  if (!path.startsWith("/")) throw malformed("its target is no path");
  requireHost(request, target, DEFAULT_PORTS[scheme]);
  return { target, scheme, path: pathOf(path) };
}

/** What a Host header says of a target. */
export function hostHeader({ target, scheme }: Pick<Asked, "target" | "scheme">): string {
  const { host, port } = target;
  return port === DEFAULT_PORTS[scheme] ? host : `${host}:${port}`;
}

/** A strict HTTP/1.1 request has one; HTTP/1.0 needs none. */
function requireHost(request: IncomingMessage, target: Target, defaultPort: number): void {
  const text = request.headers.host;
  if (text === undefined) return;
  const named = reading(() => readAuthority(text, defaultPort));
  if (named.host !== target.host || named.port !== target.port)
    throw malformed("its Host header names another target");
}

function pathOf(path: string): string {
  if (path.includes("#")) throw malformed("its target has a fragment");
  return path;
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TargetError) throw malformed(error.message);
    throw error;
  }
}
