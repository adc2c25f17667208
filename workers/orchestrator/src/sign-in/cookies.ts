// Cookies of the sign-in surface: which there are, how they are read, and how the access token's one is set and cleared.
import { ACCESS_TOKEN_TTL_S } from "@acos/protocol";

export const COOKIE_PREFIX = "acos";
export const ACCESS_COOKIE = "acos_access";

/** Name of the session cookie; over https the browser guards its `__Secure-` prefix. */
export function sessionCookieName(secure: boolean): string {
  return `${secure ? "__Secure-" : ""}${COOKIE_PREFIX}.session_token`;
}

/** The value of one cookie of a request; undefined when it is not there. Does not decode it. */
export function readCookie(request: Request, name: string): string | undefined {
  for (const pair of request.headers.get("cookie")?.split(";") ?? []) {
    const [key, ...value] = pair.trim().split("=");
    if (key === name) return value.join("=");
  }
  return undefined;
}

/** `Set-Cookie` for an access token. */
export function accessCookie(token: string, secure: boolean): string {
  return `${ACCESS_COOKIE}=${token}; Max-Age=${ACCESS_TOKEN_TTL_S}${attributes(secure)}`;
}

/** `Set-Cookie` that takes the access token away. */
export function clearedAccessCookie(secure: boolean): string {
  return `${ACCESS_COOKIE}=; Max-Age=0${attributes(secure)}`;
}

function attributes(secure: boolean): string {
  return `; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
}
