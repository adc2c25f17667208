// Where the terminal remembers who it is: one server and one API key, in a file that only its owner may read.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

import { UsageError } from "../usage-error.ts";

export interface StoredCredentials {
  /** Where the server is, without a slash at the end. */
  readonly url: string;
  readonly key: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export const DEFAULT_URL = "http://localhost:8787";

/** The file: ACOS_CREDENTIALS, or acos/credentials.json in the user's configuration folder. */
export function credentialsPath(environment: Environment): string {
  const configuration = environment["XDG_CONFIG_HOME"] || join(homedir(), ".config");
  return environment["ACOS_CREDENTIALS"] || join(configuration, "acos/credentials.json");
}

/** Keeps credentials, mode 0600 even where the file was there before. Does not try them. */
export function storeCredentials(path: string, credentials: StoredCredentials): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
}

/** Reads who to be: ACOS_URL and ACOS_API_KEY, else the file. Throws UsageError that says how to sign in. */
export function readCredentials(environment: Environment): StoredCredentials {
  const key = environment["ACOS_API_KEY"];
  if (key) return { url: cleanUrl(environment["ACOS_URL"] || DEFAULT_URL), key };
  const path = credentialsPath(environment);
  try {
    const stored = JSON.parse(readFileSync(path, "utf8")) as Partial<StoredCredentials>;
    if (typeof stored.url === "string" && typeof stored.key === "string")
      return { url: stored.url, key: stored.key };
  } catch {
    // Not there or not readable as JSON: either way there is nobody to be, which the error below says.
  }
  throw new UsageError('You are not signed in. Run "acos login" first.');
}

/** A server's URL without path and slash. Throws UsageError when it is none. */
export function cleanUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new UsageError(`"${text}" is not a server's URL. It looks like ${DEFAULT_URL}.`);
  return url.origin;
}
