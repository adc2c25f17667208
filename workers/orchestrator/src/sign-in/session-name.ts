// What a session is called in tokens and on sockets: a name made of its token, which says nothing about the token.
import { sha256Hex } from "@acos/trust";

const NAME_CHARS = 32;

/** The name of a session: the same however its cookie was written, so that ending it finds everything that came from it. */
export async function sessionNameOf(token: string): Promise<string> {
  return (await sha256Hex(`acos session ${token}`)).slice(0, NAME_CHARS);
}

/**
 * The session token that a cookie holds; undefined unless the sign-in surface signed it. Says nothing about whether the
 * session still exists.
 */
export async function sessionTokenOf(cookie: string, secret: string): Promise<string | undefined> {
  try {
    const value = decodeURIComponent(cookie);
    const dot = value.lastIndexOf(".");
    const [token, signature] = [value.slice(0, dot), value.slice(dot + 1)];
    const mac = Uint8Array.from(atob(signature), (character) => character.charCodeAt(0));
    return (await isSigned(token, mac, secret)) ? token : undefined;
  } catch {
    // No cookie of ours looks like that.
    return undefined;
  }
}

/** HMAC-SHA-256, as better-auth signs its cookies. */
async function isSigned(token: string, mac: Uint8Array, secret: string): Promise<boolean> {
  const utf8 = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", utf8.encode(secret), algorithm, false, [
    "verify",
  ]);
  return crypto.subtle.verify("HMAC", key, mac, utf8.encode(token));
}
