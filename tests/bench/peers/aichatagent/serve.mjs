// Bundles the peer's Worker and serves it from workerd through Miniflare, data on disk: `node serve.mjs <model URL> <data>`.
import { builtinModules } from "node:module";

import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

const [modelUrl, data] = process.argv.slice(2);
/** CommonJS packages name Node's modules without their prefix: the runtime knows them by `node:` only. */
const prefixedBuiltins = {
  name: "prefixed-builtins",
  setup({ onResolve, onLoad }) {
    const names = builtinModules.filter((name) => /^[a-z]/.test(name)).join("|");
    onResolve({ filter: new RegExp(`^(${names})$`) }, ({ path }) => ({
      path,
      namespace: "builtin",
    }));
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `import * as all from "node:${path}"; module.exports = all.default ?? all;`,
    }));
  },
};
const bundle = await build({
  entryPoints: [new URL("./worker.mjs", import.meta.url).pathname],
  bundle: true,
  write: false,
  format: "esm",
  target: "es2024",
  platform: "neutral",
  minify: true,
  keepNames: true,
  mainFields: ["module", "main"],
  conditions: ["workerd", "worker", "browser", "import", "production"],
  plugins: [prefixedBuiltins],
  external: ["node:*", "cloudflare:*"],
  define: { "process.env.NODE_ENV": '"production"' },
});
const { createServer } = await import("node:net");
const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const free = probe.address().port;
    probe.close(() => resolve(free));
  });
});
const miniflare = new Miniflare({
  ...convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    logRequests: false,
    workers: [
      {
        name: "peer",
        compatibilityDate: "2026-10-01",
        compatibilityFlags: ["nodejs_compat"],
        modules: [{ type: "ESModule", path: "worker.mjs", contents: bundle.outputFiles[0].text }],
        unsafeDirectSockets: [{ host: "127.0.0.1", port }],
        bindings: { MODEL_URL: modelUrl },
        durableObjects: { Chat: { className: "Chat", useSQLite: true } },
      },
    ],
  }),
  resourcePersistencePath: data,
  telemetry: { enabled: false },
});
await miniflare.ready;
process.stdout.write(`listening http://127.0.0.1:${port}\n`);
