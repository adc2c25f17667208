// What the Orchestrator hands over with a request to the group's `fetch`. Only its binding reaches this object.
import {
  PREVIEW_HEADER,
  PRINCIPAL_HEADER,
  type PreviewClaims,
  type Principal,
} from "@acos/protocol";

/** Who asks; null where it is not said. */
export function principalOf(request: Request): Principal | null {
  return jsonIn(request, PRINCIPAL_HEADER) as Principal | null;
}

/** What a verified preview token or cookie says; null where there is none. */
export function previewOf(request: Request): PreviewClaims | null {
  return jsonIn(request, PREVIEW_HEADER) as PreviewClaims | null;
}

/** JSON as it is, or in base64url where it holds more than a header field may. */
function jsonIn({ headers }: Request, name: string): unknown {
  const value = headers.get(name);
  if (!value) return null;
  if (value.startsWith("{")) return JSON.parse(value);
  const binary = atob(value.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}
