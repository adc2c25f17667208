// `acos login`: turns an e-mail address and a password, or an API key, into credentials this terminal remembers.
import { hostname } from "node:os";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

import { type Fetch, createApi } from "@acos/client";

import { parseArguments } from "./arguments.ts";
import { DEFAULT_URL, cleanUrl, credentialsPath, storeCredentials } from "./credentials.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "login",
  usage: "acos login [--url URL] [--email EMAIL | --key API-KEY]",
  options: { url: { type: "string" }, email: { type: "string" }, key: { type: "string" } },
  words: [0, 0],
} as const;

/** Signs in, tries the key, and keeps it. The password is asked for or taken from ACOS_PASSWORD, and kept nowhere. */
export async function login(args: readonly string[], terminal: Terminal): Promise<void> {
  const given = parseArguments(args, SHAPE);
  const { environment, output } = terminal;
  const url = cleanUrl(given.text("url") ?? (environment["ACOS_URL"] || DEFAULT_URL));
  const key = given.text("key") ?? (await keyByPassword(url, given.text("email"), terminal));
  const api = createApi({ baseUrl: url, credentials: { type: "key", key } });
  const { user } = await api.call("getMe", {});
  const path = credentialsPath(environment);
  storeCredentials(path, { url, key });
  output.write(`Signed in to ${url} as ${user.name} (${user.email}). The key is in ${path}.\n`);
}

async function keyByPassword(
  url: string,
  given: string | undefined,
  terminal: Terminal,
): Promise<string> {
  const email = given ?? (await ask("E-mail: ", terminal, true));
  const password =
    terminal.environment["ACOS_PASSWORD"] || (await ask("Password: ", terminal, false));
  const api = createApi({ baseUrl: url, credentials: { type: "cookie" }, fetch: cookieFetch(url) });
  await api.signIn({ email, password });
  const made = await api.call("createApiKey", {
    body: { name: `acos on ${hostname()}`.slice(0, 64) },
  });
  return made.key;
}

/** Keeps cookies between calls, as a browser would: here for the two calls of a sign-in only. */
export function cookieFetch(origin: string): Fetch {
  const cookies = new Map<string, string>();
  return async (url, { method, headers, body }) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const sent = { ...headers, origin, ...(cookie === "" ? {} : { cookie }) };
    const answer = await fetch(url, {
      method,
      headers: sent,
      ...(body === undefined ? {} : { body }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return answer;
  };
}

async function ask(question: string, { input, output }: Terminal, echo: boolean): Promise<string> {
  output.write(question);
  const silent = new Writable({ write: (_text, _encoding, done) => done() });
  const lines = createInterface({
    input,
    output: echo ? output : silent,
    terminal: input.isTTY === true,
  });
  try {
    return (await lines.question("")).trim();
  } finally {
    lines.close();
    if (!echo) output.write("\n");
  }
}
