// Runs the Group Controller's tests inside workerd: the real object, with stand-ins for its two neighbours.
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { kCurrentWorker } from "miniflare";
import { defineConfig } from "vitest/config";

const here = import.meta.dirname;

export default defineConfig({
  plugins: [
    cloudflareTest({
      main: `${here}/test/worker.ts`,
      miniflare: {
        compatibilityDate: "2026-10-01",
        compatibilityFlags: ["nodejs_compat", "enable_request_signal"],
        durableObjects: { GROUPS: { className: "GroupController", useSQLite: true } },
        r2Buckets: ["ARCHIVE"],
        serviceBindings: {
          AGENTS: { name: kCurrentWorker, entrypoint: "FakeAgents" },
          DIRECTORY: { name: kCurrentWorker, entrypoint: "FakeDirectory" },
          CLAIMS: { name: kCurrentWorker, entrypoint: "ToolCallClaims" },
          AUDIT: { name: kCurrentWorker, entrypoint: "FakeAudit" },
          SANDBOXES: { name: kCurrentWorker, entrypoint: "FakeSandboxHost" },
          AUTHORITY: { name: kCurrentWorker, entrypoint: "FakeAuthority" },
        },
        bindings: { FRAMES_PER_MINUTE: "100" },
      },
    }),
  ],
  test: {
    name: "group-controller",
    root: here,
    include: ["test/**/*.workerd.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // How long a condition is waited for; the default of a second is too short for a busy machine.
    expect: { poll: { timeout: 15_000 } },
    // Files at a time: without it a project has one core less than there are.
    maxWorkers: 2,
    sequence: { groupOrder: 0 },
  },
});
