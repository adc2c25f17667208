// The public REST interface as a stranger's script would call it: fetch, JSON and a key, nothing of the product's code.
import type { Problem } from "@acos/protocol";

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Goes out as it is, instead of `body`. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
}

export interface Rest {
  readonly url: string;
  /** Sends a request below /api/v1 and answers whatever comes back. `headers` come on top of the caller's own. */
  call<T = unknown>(method: Method, path: string, sent?: Sent): Promise<Answer<T>>;
  /** The same, for a request that has to succeed: answers the body. Throws RestError otherwise. */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  put<T>(path: string, body?: unknown): Promise<T>;
  patch<T>(path: string, body?: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
  /** The bytes that a GET answers with. Throws RestError when it is refused. */
  download(path: string): Promise<Uint8Array<ArrayBuffer>>;
}

class RestError extends Error {
  override readonly name = "RestError";
  readonly status: number;
  readonly body: unknown;
  constructor(request: string, answer: Answer<unknown>) {
    super(`${request} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    this.status = answer.status;
    this.body = answer.body;
  }
}

export interface SignedUpUser {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly org: string;
  /** Calls with an API key of this user. */
  readonly rest: Rest;
  readonly cookie: string;
}

/** A caller with these headers on every request. */
export function restOf(url: string, own: Readonly<Record<string, string>> = {}): Rest {
  const call: Rest["call"] = (method, path, sent) =>
    send({ method, address: `${url}/api/v1${path}` }, own, sent);
  const must = async <T>(method: Method, path: string, body?: unknown): Promise<T> => {
    const answer = await call<T>(method, path, { body });
    if (answer.status >= 300) throw new RestError(`${method} ${path}`, answer);
    return answer.body;
  };
  return {
    url,
    call,
    get: (path) => must("GET", path),
    post: (path, body) => must("POST", path, body),
    put: (path, body) => must("PUT", path, body),
    patch: (path, body) => must("PATCH", path, body),
    delete: (path) => must("DELETE", path),
    download: async (path) => {
      const response = await fetch(`${url}/api/v1${path}`, { headers: own });
      if (response.ok) return new Uint8Array(await response.arrayBuffer());
      const { status, headers } = response;
      throw new RestError(`GET ${path}`, { status, headers, body: await bodyOf(response) });
    },
  };
}

/** `T` is what the caller expects of the body; nothing here checks it. */
async function send<T>(
  request: { readonly method: Method; readonly address: string },
  own: Sent["headers"],
  sent: Sent = {},
): Promise<Answer<T>> {
  const payload = sent.raw ?? (sent.body === undefined ? undefined : JSON.stringify(sent.body));
  const type = payload === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(request.address, {
    method: request.method,
    headers: { ...own, ...type, ...sent.headers },
    redirect: "manual",
    ...(payload === undefined ? {} : { body: payload }),
  });
  const body = (await bodyOf(response)) as T;
  return { status: response.status, headers: response.headers, body };
}

/** Signs a new person up and makes an API key with all scopes. Throws when the product refuses. */
export async function signUp(url: string, name: string): Promise<SignedUpUser> {
  const email = `${name.toLowerCase()}@example.org`;
  const password = `correct horse ${name} battery`;
  const cookie = await authenticate(url, "sign-up", { name, email, password });
  const browser = restOf(url, { cookie });
  const me = await browser.get<{ user: { id: string }; orgs: { id: string }[] }>("/me");
  const made = await browser.post<{ key: string }>("/api-keys", { name: "tests" });
  const rest = restOf(url, { authorization: `Bearer ${made.key}` });
  return { id: me.user.id, name, email, password, org: me.orgs[0]?.id ?? "", rest, cookie };
}

/** Signs in or up by e-mail and answers the session as a Cookie header. Throws RestError when refused. */
export async function authenticate(
  url: string,
  verb: "sign-up" | "sign-in",
  body: { name?: string; email: string; password: string },
): Promise<string> {
  const response = await fetch(`${url}/api/auth/${verb}/email`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = {
    status: response.status,
    headers: response.headers,
    body: await bodyOf(response),
  };
  if (!response.ok) throw new RestError(`POST /api/auth/${verb}/email`, answer);
  return response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0] ?? "")
    .join("; ");
}

/** The Problem that an answer carries. Throws when it carries none, since every error must. */
export function problemOf(answer: Answer<unknown>): Problem {
  const body = answer.body as Partial<Problem> | undefined;
  if (typeof body?.code === "string" && typeof body.message === "string") return body as Problem;
  throw new Error(`No Problem in an answer ${answer.status}: ${JSON.stringify(answer.body)}`);
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}
