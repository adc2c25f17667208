// Runs around the agents Worker in its own runtime process: lets only the main process in, and gives it the cache that
// lives there behind the interface of a KV namespace. The Worker itself is the one that is deployed, unchanged.

const SECRET_HEADER = "acos-inner-secret";
const CACHE_URL = "https://main.internal/inner/agent-cache/";

interface Service {
  fetch(request: Request): Promise<Response>;
}

interface ShellEnv {
  readonly INNER_SECRET: string;
  readonly CACHE: Service;
}

interface Worker {
  fetch(request: Request, env: object, context: unknown): Response | Promise<Response>;
}

type ReadType = "text" | "json" | "arrayBuffer" | "stream";

/** Wraps the agents Worker. The wrapped one sees `https://` addresses as behind a service binding; it gets the caller's signal. */
export function embedAgents(worker: Worker): Worker {
  const environments = new WeakMap<object, object>();
  return {
    fetch(request, env, context) {
      const shell = env as ShellEnv;
      if (request.headers.get(SECRET_HEADER) !== shell.INNER_SECRET)
        return new Response(null, { status: 403 });
      let inner = environments.get(env);
      if (inner === undefined)
        environments.set(env, (inner = { ...env, AGENT_CACHE: cacheOver(shell.CACHE) }));
      return worker.fetch(asBound(request), inner, context);
    },
  };
}

/** The request as a service binding would have brought it: the scheme is part of what its sender signed. */
function asBound(request: Request): Request {
  const headers = new Headers(request.headers);
  headers.delete(SECRET_HEADER);
  const url = request.url.replace(/^http:/, "https:");
  return new Request(url, {
    method: request.method,
    headers,
    body: request.body,
    signal: request.signal,
    redirect: "manual",
  });
}

function cacheOver(service: Service) {
  const at = (key: string) => CACHE_URL + encodeURIComponent(key);
  return {
    async get(key: string, options?: ReadType | { readonly type?: ReadType }) {
      const response = await service.fetch(new Request(at(key)));
      if (response.status === 404) return null;
      await assertOk(response, "read", key);
      return read(response, typeof options === "string" ? options : (options?.type ?? "text"));
    },
    async put(
      key: string,
      value: string | ArrayBuffer | Uint8Array<ArrayBuffer>,
      options?: { readonly expirationTtl?: number },
    ) {
      const query =
        options?.expirationTtl === undefined ? "" : `?expirationTtl=${options.expirationTtl}`;
      await assertOk(
        await service.fetch(new Request(at(key) + query, { method: "PUT", body: value })),
        "write",
        key,
      );
    },
    async delete(key: string) {
      await assertOk(
        await service.fetch(new Request(at(key), { method: "DELETE" })),
        "delete",
        key,
      );
    },
  };
}

function read(response: Response, type: ReadType): Promise<unknown> | ReadableStream | null {
  if (type === "stream") return response.body;
  if (type === "arrayBuffer") return response.arrayBuffer();
  return type === "json" ? response.json() : response.text();
}

async function assertOk(response: Response, verb: string, key: string): Promise<void> {
  if (response.ok) return;
  await response.body?.cancel();
  throw new Error(`cannot ${verb} ${key} in the cache: status ${response.status}`);
}
