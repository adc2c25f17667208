// What every talking verb begins with: who the user is, and the calls they may make.
import { type Api, type ApiOptions, createApi } from "@acos/client";

import { readCredentials } from "./credentials.ts";
import type { Terminal } from "./terminal.ts";

export interface Session {
  readonly api: Api;
  /** For a connection to a group. */
  readonly options: ApiOptions;
}

/** Opens a session with the stored credentials. Throws UsageError when there are none; does not try them. */
export function openSession({ environment }: Terminal): Session {
  const { url, key } = readCredentials(environment);
  const options: ApiOptions = { baseUrl: url, credentials: { type: "key", key } };
  return { api: createApi(options), options };
}
