// Small Workers under the real names and bindings, so that the launcher's mechanics are tested without the product.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { build } from "esbuild";

const WORKERD_SOURCES = resolve(import.meta.dirname, "../src/workerd");

/** Sends a request through a binding, or without one as the global fetch would, and tells what came of it. */
const TRY_OUT = `
async function tryOut(url, env) {
  const target = url.searchParams.get("to");
  const network = env[url.searchParams.get("network") ?? ""];
  try {
    const response = await (network ? network.fetch(target) : fetch(target));
    return new Response(response.status + " " + await response.text());
  } catch (error) { return new Response("failed: " + error.message); }
}
`;

const ORCHESTRATOR = `${TRY_OUT}
import { WorkerEntrypoint } from "cloudflare:workers";
export class GroupDirectory extends WorkerEntrypoint { rename() {} }
export class AuditTrail extends WorkerEntrypoint { record() {} }
export class CertificateAuthority extends WorkerEntrypoint { issue(group) { return "certificate for " + group; } }
export class SandboxSecrets extends WorkerEntrypoint { fetch() { return new Response(null, { status: 404 }); } }
export class KeyCare extends WorkerEntrypoint {
  async fetch() {
    const { authority, master } = await (await this.env.KEYS.fetch("https://launcher.internal/keys")).json();
    return Response.json({ signing: JSON.parse(authority)[0].x, kek: master.split("\\n").length + " keys", moved: 0, rewrapped: 0, renewed: 0, resealed: 0, left: 0 });
  }
}
export class AgentRecords extends WorkerEntrypoint {
  fetch(request) { return Response.json({ url: request.url, secret: request.headers.get("acos-inner-secret") }); }
}
export default { async fetch(request, env) {
  const url = new URL(request.url);
  const group = (name) => env.GROUPS.get(env.GROUPS.idFromName(name));
  if (url.pathname === "/healthz") return Response.json({ status: "ok" });
  if (url.pathname === "/vars") return Response.json({ origins: env.PUBLIC_ORIGINS, models: JSON.parse(env.BUILTIN_MODELS), keys: Object.keys(await (await env.KEYS.fetch("https://launcher.internal/keys")).json()) });
  if (url.pathname === "/rows") return Response.json((await env.DB.prepare("SELECT name FROM things ORDER BY name").all()).results);
  if (url.pathname === "/slow") { await new Promise((done) => setTimeout(done, Number(url.searchParams.get("ms")))); return new Response("slow but whole"); }
  if (url.pathname === "/page") return env.ASSETS.fetch(request);
  if (url.pathname === "/cache") return new Response(await env.AGENT_CACHE.get(url.searchParams.get("key")));
  if (url.pathname === "/out") return tryOut(url, env);
  return group("g").fetch(request);
} };
`;

const GROUP_CONTROLLER = `${TRY_OUT}
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
export class ToolCallClaims extends WorkerEntrypoint { fetch() { return new Response(null, { status: 404 }); } }
export class GroupController extends DurableObject {
  constructor(state, env) {
    super(state, env);
    state.storage.sql.exec("CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, text TEXT)");
  }
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/certificate") return new Response(await this.env.AUTHORITY.issue("g"));
    if (url.pathname.startsWith("/agents/")) return this.env.AGENTS.fetch("https://agents.internal" + url.pathname.slice(7) + url.search, { method: "POST", body: request.body, signal: request.signal });
    if (url.pathname === "/ws") { const pair = new WebSocketPair(); this.ctx.acceptWebSocket(pair[1]); return new Response(null, { status: 101, webSocket: pair[0] }); }
    if (url.pathname === "/group/out") return tryOut(url, this.env);
    if (url.pathname === "/kept") {
      if (request.method === "POST") await this.env.ARCHIVE.put("kept", await request.text());
      return new Response(await (await this.env.ARCHIVE.get("kept"))?.text());
    }
    if (url.pathname.startsWith("/sandbox/")) return this.env.SANDBOXES.fetch(new Request("https://sandbox.internal" + url.pathname.slice(8) + url.search, request));
    if (url.pathname === "/frames") return new Response(this.env.FRAMES_PER_MINUTE);
    if (request.method === "POST") this.ctx.storage.sql.exec("INSERT INTO log (text) VALUES (?)", await request.text());
    return Response.json(this.ctx.storage.sql.exec("SELECT text FROM log ORDER BY seq").toArray().map((row) => row.text));
  }
  webSocketMessage(socket, message) { socket.send(message); }
}
export default { fetch: () => new Response(null, { status: 404 }) };
`;

const AGENTS = `${TRY_OUT}
async function keepTalking(writer) { for (;;) { await writer.write(new TextEncoder().encode("word ")); await new Promise((done) => setTimeout(done, 20)); } }
export default { async fetch(request, env) {
  const url = new URL(request.url);
  if (url.pathname === "/url") return Response.json({ url: request.url, method: request.method, body: await request.text(), secret: request.headers.get("acos-inner-secret") });
  if (url.pathname === "/keys") return Response.json(Object.keys(await (await env.KEYS.fetch("https://launcher.internal/keys")).json()));
  if (url.pathname === "/out") return tryOut(url, env);
  if (url.pathname === "/records") return env.RECORDS.fetch("https://orchestrator.internal/agent-versions/a/1");
  if (url.pathname === "/put") { await env.AGENT_CACHE.put(url.searchParams.get("key"), await request.text()); return new Response("put"); }
  if (url.pathname === "/get") return Response.json({ value: await env.AGENT_CACHE.get(url.searchParams.get("key"), "text") });
  if (url.pathname === "/aborted") return new Response(String(globalThis.aborted ?? 0));
  if (url.pathname === "/hang") { request.signal.addEventListener("abort", () => { globalThis.aborted = (globalThis.aborted ?? 0) + 1; }); const { readable, writable } = new TransformStream(); void keepTalking(writable.getWriter()); return new Response(readable); }
  return new Response("agents");
} };
`;

/** Writes the bundles the launcher expects into a folder and answers it, with one migration beside them. */
export async function makeStubBundles(
  folder: string,
): Promise<{ bundles: string; migrations: string }> {
  const bundles = join(folder, "bundles");
  const migrations = join(folder, "migrations");
  for (const [name, text] of Object.entries({
    orchestrator: ORCHESTRATOR,
    "group-controller": GROUP_CONTROLLER,
    agents: AGENTS,
  })) {
    mkdirSync(join(bundles, name), { recursive: true });
    writeFileSync(join(bundles, name, "index.js"), text);
  }
  mkdirSync(join(bundles, "sandbox-agent"), { recursive: true });
  writeFileSync(join(bundles, "sandbox-agent/agent.js"), "");
  mkdirSync(join(bundles, "web"), { recursive: true });
  writeFileSync(join(bundles, "web/index.html"), "<title>the page</title>");
  await build({
    entryPoints: [
      join(WORKERD_SOURCES, "gateway.ts"),
      join(WORKERD_SOURCES, "agents-shell.ts"),
      join(WORKERD_SOURCES, "group-shell.ts"),
      join(WORKERD_SOURCES, "sandbox-door.ts"),
    ],
    outdir: join(bundles, "embedding"),
    bundle: true,
    format: "esm",
    target: "es2024",
  });
  mkdirSync(migrations, { recursive: true });
  writeFileSync(
    join(migrations, "0000_things.sql"),
    "CREATE TABLE things (name TEXT);\n--> statement-breakpoint\nINSERT INTO things VALUES ('first');\n",
  );
  return { bundles, migrations };
}
