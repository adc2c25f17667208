// REST: one typed call for every operation of the protocol's table, and the sign-in routes beside it.
import type { OperationId } from "@acos/protocol";

import { freshId, platformFetch, type Fetch } from "./platform.ts";
import { problemOfAnswer, problemOfSilence } from "./request-problem.ts";
import { ROUTES, type AnswerOf, type RequestOf } from "./routes.ts";

/** How a caller proves who it is: a browser by its session cookie, everything else by an API key. */
export type Credentials =
  | { readonly type: "cookie" }
  | { readonly type: "key"; readonly key: string };

export interface ApiOptions {
  /** Where the product is served, without a slash at the end; empty in a browser means the page's own origin. */
  readonly baseUrl: string;
  readonly credentials: Credentials;
  readonly fetch?: Fetch;
  readonly newKey?: () => string;
}

export interface Api {
  call<K extends OperationId>(operation: K, request: RequestOf<K>): Promise<AnswerOf<K>>;
  signUp(person: { name: string; email: string; password: string }): Promise<void>;
  signIn(person: { email: string; password: string }): Promise<void>;
  signOut(): Promise<void>;
}

/**
 * Makes the REST client. Every call throws RequestProblem when it was refused or got no answer. Answers are trusted to
 * have the protocol's form: they are not checked again.
 */
export function createApi(options: ApiOptions): Api {
  const send = sender(options);
  return {
    call: async <K extends OperationId>(operation: K, request: RequestOf<K>) => {
      const [method, path] = splitRoute(ROUTES[operation]);
      const target = fillPath(path, request.params ?? {}) + queryOf(request.query ?? {});
      const idempotencyKey = request.idempotencyKey ?? (options.newKey ?? freshId)();
      const sent = { method, path: `/api/v1${target}`, body: request.body, idempotencyKey };
      return (await send(sent)) as AnswerOf<K>;
    },
    signUp: async (person) => {
      await send({ method: "POST", path: "/api/auth/sign-up/email", body: person });
    },
    signIn: async (person) => {
      await send({ method: "POST", path: "/api/auth/sign-in/email", body: person });
    },
    signOut: async () => {
      await send({ method: "POST", path: "/api/auth/sign-out", body: {} });
    },
  };
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

function sender(options: ApiOptions): (sent: Sent) => Promise<unknown> {
  const { credentials } = options;
  const fetch = options.fetch ?? platformFetch;
  return async (sent) => {
    const headers: Record<string, string> = { accept: "application/json" };
    if (sent.body !== undefined) headers["content-type"] = "application/json";
    if (credentials.type === "key") headers["authorization"] = `Bearer ${credentials.key}`;
    if (sent.method !== "GET" && sent.idempotencyKey)
      headers["idempotency-key"] = sent.idempotencyKey;
    const answer = await fetch(options.baseUrl + sent.path, {
      method: sent.method,
      headers,
      credentials: credentials.type === "cookie" ? "same-origin" : "omit",
      ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
    }).catch(() => {
      throw problemOfSilence();
    });
    const body = readJson(await answer.text().catch(() => ""));
    if (answer.status >= 400) throw problemOfAnswer(answer.status, body);
    return body;
  };
}

function readJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // An answer that is not JSON comes from something in between; its status tells the story.
    return undefined;
  }
}

function splitRoute(route: string): [method: string, path: string] {
  const space = route.indexOf(" ");
  return [route.slice(0, space), route.slice(space + 1)];
}

function fillPath(path: string, params: Readonly<Record<string, string | number>>): string {
  return path.replaceAll(/\{(\w+)(\+?)\}/g, (_whole, name: string, rest: string) => {
    const value = String(params[name] ?? "");
    // What takes all the rest of a path keeps its slashes.
    const parts = rest === "" ? [value] : value.split("/");
    return parts.map(encodeURIComponent).join("/");
  });
}

function queryOf(query: Readonly<Record<string, string | number | undefined>>): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
