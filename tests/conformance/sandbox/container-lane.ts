// Starts the Worker for Cloudflare under `wrangler dev`, with a stand-in for the Orchestrator's keys, and runs the suite
// against it. `--look` only shows that it serves, which needs no container engine. See container-lane.sh.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { TestAuthority } from "@acos/testkit";

import { freePort, REPOSITORY } from "../../product.ts";
import { overHttp } from "./http-place.ts";
import { SandboxClient } from "./sandbox-client.ts";

const WORKER = join(REPOSITORY, "workers/sandbox-containers/wrangler.jsonc");
const WRANGLER = join(REPOSITORY, "node_modules/wrangler/bin/wrangler.js");
const VITEST = join(REPOSITORY, "node_modules/vitest/vitest.mjs");
/** A first start builds the image. */
const READY_MAX_MS = 15 * 60_000;
const LOOK_EVERY_MS = 200;
const QUIET = { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };

const looksOnly = process.argv.includes("--look");
const folder = mkdtempSync(join(tmpdir(), "acos-container-lane-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

const authority = await TestAuthority.create();
const port = await freePort();
const wrangler = startWrangler(await writeStandIn(), port);
process.once("exit", () => wrangler.kill("SIGKILL"));
const url = `http://127.0.0.1:${port}`;
await serving(url);
process.exitCode = looksOnly ? await look() : await runSuite();
wrangler.kill("SIGTERM");

/** A Worker by the Orchestrator's name that knows this authority's keys and nothing else. */
async function writeStandIn(): Promise<string> {
  const script = `import { WorkerEntrypoint } from "cloudflare:workers";
export class CertificateAuthority extends WorkerEntrypoint {
  publicKeys() { return ${JSON.stringify(await authority.jwks())}; }
}
export default { fetch: () => new Response(null, { status: 404 }) };
`;
  writeFileSync(join(folder, "index.js"), script);
  const config = { name: "acos-orchestrator", main: "index.js", compatibility_date: "2026-10-01" };
  writeFileSync(join(folder, "wrangler.jsonc"), JSON.stringify(config));
  return join(folder, "wrangler.jsonc");
}

function startWrangler(standIn: string, on: number): ChildProcess {
  const args = ["dev", "--config", WORKER, "--config", standIn, "--ip", "127.0.0.1"];
  const more = ["--port", String(on), "--inspector-port", "0", "--persist-to", folder];
  const without = looksOnly ? ["--enable-containers=false"] : [];
  return spawn(process.execPath, [WRANGLER, ...args, ...more, ...without], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...QUIET },
  });
}

async function serving(at: string): Promise<void> {
  for (const began = performance.now(); performance.now() - began < READY_MAX_MS;) {
    if (wrangler.exitCode !== null) break;
    const response = await fetch(`${at}/v1/health`).catch(() => undefined);
    if (response?.ok) return void process.stdout.write(`${await response.text()}\n`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error("wrangler did not serve the Worker; its own words stand above.");
}

/** Whether proof works: a request without it is refused, and one with it gets as far as an object. */
async function look(): Promise<number> {
  const place = { ...overHttp(url, {}), authority, stop: () => Promise.resolve() };
  const one = new SandboxClient(place, await authority.group());
  const bare = await fetch(`${url}/v1/sandboxes/${one.sandbox}`);
  const signed = await one.ask("");
  process.stdout.write(`unsigned: ${bare.status} ${await bare.text()}\n`);
  process.stdout.write(`signed: ${signed.status} ${await signed.text()}\n`);
  return bare.status === 401 && signed.status !== 401 ? 0 : 1;
}

function runSuite(): Promise<number> {
  const lane = JSON.stringify({ url, authority: authority.key });
  const args = [VITEST, "run", "--project", "star", "tests/conformance"];
  const suite = spawn(process.execPath, args, {
    cwd: REPOSITORY,
    stdio: "inherit",
    env: { ...process.env, ACOS_CONTAINER_LANE: lane },
  });
  return new Promise((resolve) => suite.once("exit", (code) => resolve(code ?? 1)));
}
