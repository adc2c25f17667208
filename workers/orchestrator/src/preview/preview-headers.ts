// What a preview's requests and answers carry along, and what stays on our side of it.
import { ownCookie, withoutOurs } from "./preview-cookie.ts";
import type { PreviewPlace } from "./preview-host.ts";

/** Between two parties of one connection (RFC 9110, section 7.6.1), or about who asks; the far side says its own. */
const NOT_PASSED_ON: readonly string[] = [
  "cdn-loop",
  "connection",
  "cookie",
  "forwarded",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "sec-websocket-extensions",
  "sec-websocket-key",
  "sec-websocket-version",
  "te",
  "trailer",
  "transfer-encoding",
  "true-client-ip",
  "upgrade",
  "via",
  "x-real-ip",
];
const NOT_PASSED_BACK: readonly string[] = [
  "connection",
  "keep-alive",
  "location",
  "proxy-authenticate",
  "set-cookie",
  "strict-transport-security",
  "transfer-encoding",
  "upgrade",
];
const OURS = /^(?:acos-|cf-|x-forwarded-)/;
/** A key of this product has no business in a sandbox, whoever put it there; what else proves somebody is the page's own. */
const OUR_KEY = /^\s*bearer\s+acos_/i;

/** The headers of a request as what runs there may see them. */
export function requestHeaders(sent: Headers): Headers {
  const headers = new Headers();
  for (const [name, value] of sent)
    if (!NOT_PASSED_ON.includes(name) && !OURS.test(name)) headers.append(name, value);
  if (OUR_KEY.test(headers.get("authorization") ?? "")) headers.delete("authorization");
  const cookie = withoutOurs(sent.get("cookie"));
  if (cookie !== undefined) headers.set("cookie", cookie);
  if (sent.get("upgrade")?.toLowerCase() === "websocket") headers.set("upgrade", "websocket");
  return headers;
}

/** The headers of an answer as the browser may see them: cookies for this host alone, and addresses that lead back to it. */
export function answerHeaders(sent: Headers, { port }: PreviewPlace, origin: string): Headers {
  const headers = new Headers();
  for (const [name, value] of sent)
    if (!NOT_PASSED_BACK.includes(name) && !OURS.test(name)) headers.append(name, value);
  for (const cookie of sent.getSetCookie()) {
    const own = ownCookie(cookie);
    if (own !== undefined) headers.append("set-cookie", own);
  }
  const location = sent.get("location");
  if (location !== null) headers.set("location", ledBack(location, port, origin));
  return headers;
}

const LOCAL_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];

/** An address of the server as it knows itself becomes one of the preview; every other one stays as it was written. */
function ledBack(location: string, port: number, origin: string): string {
  const url = URL.parse(location);
  if (!url || !/^https?:$/.test(url.protocol)) return location;
  const named = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  if (!LOCAL_HOSTS.includes(url.hostname) || named !== port) return location;
  return `${origin}${url.pathname}${url.search}${url.hash}`;
}
