// Runs in the main runtime process, on an inner loopback port: lets the agents process, and nobody else, reach the cache,
// the orchestrator's records and the groups' claims of tool calls, lets the Sandbox Host ask for the secrets of a group, and
// lets the launcher ask for a drain and for care of the keys. Every request must carry this start's secret.

/** The header that proves a request comes from a process of this start. */
const SECRET_HEADER = "acos-inner-secret";
const CACHE_PATH = "/inner/agent-cache/";
const KEY_CARE_PATH = "/inner/key-care";
const DRAIN_PATH = "/inner/drain";
const SANDBOX_SECRETS_PATH = "/inner/sandbox-secrets";
const CLAIMS_PATH = "/tool-call-claims";

interface Service {
  fetch(request: Request): Promise<Response>;
}

interface Cache {
  get(key: string, type: "stream"): Promise<ReadableStream | null>;
  put(
    key: string,
    value: ReadableStream | ArrayBuffer,
    options?: { expirationTtl: number },
  ): Promise<void>;
  delete(key: string): Promise<void>;
}

/** The Orchestrator's SandboxSecrets, which checks every field itself. */
interface SandboxSecrets {
  reveal(of: unknown): Promise<object | null>;
}

interface GatewayEnv {
  readonly INNER_SECRET: string;
  readonly RECORDS: Service;
  readonly CLAIMS: Service;
  readonly AGENT_CACHE: Cache;
  readonly KEY_CARE: Service;
  readonly LIFECYCLE: Service;
  readonly SANDBOX_SECRETS: SandboxSecrets;
}

async function route(request: Request, env: GatewayEnv): Promise<Response> {
  if (!(await sameSecret(request.headers.get(SECRET_HEADER) ?? "", env.INNER_SECRET)))
    return answer(403);
  const { pathname } = new URL(request.url);
  if (pathname === DRAIN_PATH) return drain(request, env);
  if (pathname === KEY_CARE_PATH)
    return env.KEY_CARE.fetch(new Request("https://orchestrator.internal/key-care"));
  if (pathname === SANDBOX_SECRETS_PATH) return revealed(request, env.SANDBOX_SECRETS);
  if (pathname.startsWith(CACHE_PATH))
    return cached(request, env.AGENT_CACHE, decodeURIComponent(pathname.slice(CACHE_PATH.length)));
  return (pathname === CLAIMS_PATH ? env.CLAIMS : env.RECORDS).fetch(asBound(request));
}

/** Body: `{org, group, name}`. 404 where the group has no such secret. */
async function revealed(request: Request, secrets: SandboxSecrets): Promise<Response> {
  if (request.method !== "POST") return answer(405);
  const asked = await request.json().catch(() => undefined);
  if (typeof asked !== "object" || asked === null) return answer(400);
  const secret = await secrets.reveal(asked);
  return secret === null ? answer(404) : Response.json(secret);
}

/** The request as a service binding would have brought it. */
function asBound(request: Request): Request {
  const headers = new Headers(request.headers);
  headers.delete(SECRET_HEADER);
  return new Request(request.url.replace(/^http:/, "https:"), new Request(request, { headers }));
}

async function cached(request: Request, cache: Cache, key: string): Promise<Response> {
  if (request.method === "GET") {
    const value = await cache.get(key, "stream");
    return value === null ? answer(404) : new Response(value);
  }
  if (request.method === "DELETE") {
    await cache.delete(key);
    return answer(204);
  }
  if (request.method !== "PUT") return answer(405);
  const ttl = Number(new URL(request.url).searchParams.get("expirationTtl") ?? 0);
  await cache.put(key, await request.arrayBuffer(), ...(ttl > 0 ? [{ expirationTtl: ttl }] : []));
  return answer(204);
}

/**
 * The launcher opens this before it tells the runtime to stop, waits for the first byte, and ends the body afterwards:
 * by then no new connection is taken, so a client that is sent away comes back to the next start and not to this one.
 */
function drain(request: Request, env: GatewayEnv): Response {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  void drainOnceAsked(request, { env, writer: writable.getWriter() });
  return new Response(readable);
}

interface Draining {
  readonly env: GatewayEnv;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
}

async function drainOnceAsked(request: Request, { env, writer }: Draining): Promise<void> {
  try {
    await writer.write(new TextEncoder().encode("open\n"));
    await request.text();
    await env.LIFECYCLE.fetch(
      new Request("https://group-controller.internal/drain", { method: "POST" }),
    );
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined); // The launcher hung up: nobody is left to be told.
  }
}

/** Compares digests, so that the time taken tells nothing about the secret. */
async function sameSecret(given: string, secret: string): Promise<boolean> {
  const [left, right] = await Promise.all([digest(given), digest(secret)]);
  return left.every((byte, index) => byte === right[index]);
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

const answer = (status: number) => new Response(null, { status });

export default { fetch: route };
