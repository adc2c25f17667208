// The preview's cookie on the preview's own host: how it is set, found, and kept from what runs there.
import { PREVIEW_COOKIE_TTL_S } from "@acos/protocol";

/** Over https the browser guards the prefix: no other host of the domain can set it. */
const BARE_NAME = "acos_preview";
const NAMES: readonly string[] = [BARE_NAME, `__Host-${BARE_NAME}`];

const nameFor = (secure: boolean): string => `${secure ? "__Host-" : ""}${BARE_NAME}`;

/** `Set-Cookie` for a preview. */
export function previewCookie(value: string, secure: boolean): string {
  return `${nameFor(secure)}=${value}; Max-Age=${PREVIEW_COOKIE_TTL_S}; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
}

/** Every cookie of ours that a request brings: a page of another preview may have set one in our name beside the right one. */
export function previewCookiesOf(request: Request, secure: boolean): readonly string[] {
  const name = nameFor(secure);
  return pairsOf(request.headers.get("cookie"))
    .filter((pair) => nameOf(pair) === name)
    .map((pair) => pair.slice(name.length + 1));
}

/** A `Cookie` header without ours; undefined where nothing is left. */
export function withoutOurs(cookie: string | null): string | undefined {
  const left = pairsOf(cookie).filter((pair) => !NAMES.includes(nameOf(pair)));
  return left.length === 0 ? undefined : left.join("; ");
}

/** A `Set-Cookie` of what runs there, for its own host alone; undefined where it is in our name. */
export function ownCookie(cookie: string): string | undefined {
  const [pair = "", ...attributes] = cookie.split(";");
  if (NAMES.includes(nameOf(pair.trim()))) return undefined;
  const kept = attributes.filter((attribute) => !/^\s*domain\s*(=|$)/i.test(attribute));
  return [pair, ...kept].join(";");
}

function pairsOf(cookie: string | null): readonly string[] {
  return (cookie?.split(";") ?? []).map((pair) => pair.trim()).filter((pair) => pair !== "");
}

function nameOf(pair: string): string {
  return pair.split("=", 1)[0]?.trim() ?? "";
}
