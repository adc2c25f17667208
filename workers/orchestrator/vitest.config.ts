// Runs the Orchestrator's tests inside workerd, on a real D1 and KV and with a stand-in for the groups.
import { existsSync, readFileSync } from "node:fs";

import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const here = import.meta.dirname;

async function freshCaKey(): Promise<JsonWebKey> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  return crypto.subtle.exportKey("jwk", pair.privateKey);
}

/** The attack list lies beside the project; workerd has no files, so it goes in as a variable, empty where it is absent. */
function ssrfUrls(): string[] {
  const file = `${here}/../../../shared/vectors/ssrf.json`;
  if (!existsSync(file)) return [];
  const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: { url?: string }[] };
  return cases.flatMap(({ url }) => (url === undefined ? [] : [url]));
}

const BUILTIN_MODELS = [
  { provider: "local", kind: "openai-compatible", model: "local/small", label: "Small" },
  {
    provider: "rehearsal",
    kind: "rehearsal",
    model: "rehearsal/rehearsal-1",
    label: "Rehearsal (not an AI model)",
  },
];

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      main: `${here}/test/worker.ts`,
      miniflare: {
        compatibilityDate: "2026-10-01",
        compatibilityFlags: ["nodejs_compat", "enable_request_signal"],
        d1Databases: { DB: "acos" },
        kvNamespaces: { AGENT_CACHE: "agents" },
        durableObjects: { GROUPS: { className: "FakeGroup", useSQLite: true } },
        bindings: {
          CA_KEYS: JSON.stringify([await freshCaKey(), await freshCaKey()]),
          MASTER_KEY: Buffer.alloc(32, 7).toString("base64url"),
          AUTH_SECRET: "a secret for tests that is long enough",
          PUBLIC_ORIGINS: "http://localhost:8787,http://127.0.0.1:8787",
          EMBEDDED: "true",
          ALLOW_LOCAL_EGRESS: "true",
          EGRESS_ALLOW: "desk.internal:9000",
          SSRF_URLS: ssrfUrls(),
          CI: process.env["CI"] ?? "",
          BUILTIN_MODELS: JSON.stringify(BUILTIN_MODELS),
          MIGRATIONS: await readD1Migrations(`${here}/migrations`),
        },
      },
    })),
  ],
  test: {
    name: "orchestrator",
    root: here,
    include: ["test/**/*.workerd.test.ts"],
    setupFiles: ["./test/migrate.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // How long a condition is waited for; the default of a second is too short for a busy machine.
    expect: { poll: { timeout: 15_000 } },
    // Files at a time: without it a project has one core less than there are.
    maxWorkers: 2,
    sequence: { groupOrder: 0 },
  },
});
