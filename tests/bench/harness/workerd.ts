// One Worker of the benchmark's own in workerd, to measure what a package costs in the runtime it is made for.
import { build, type BuildOptions } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

import { listProcesses, treeOf } from "./processes.ts";

/** How Workers are bundled for this runtime. */
export const WORKER_BUNDLE: BuildOptions = {
  bundle: true,
  format: "esm",
  target: "es2024",
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["workerd", "worker", "import", "production"],
  external: ["node:*", "cloudflare:*"],
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
};

export interface BenchWorker {
  /** The runtime's process. */
  readonly pid: number;
  get<T>(path: string): Promise<T>;
  stop(): Promise<void>;
}

/** Bundles and starts a Worker without bindings. */
export async function startWorker(entry: string): Promise<BenchWorker> {
  const bundle = await build({ ...WORKER_BUNDLE, entryPoints: [entry], write: false });
  const contents = bundle.outputFiles?.[0]?.text ?? "";
  const before = new Set(listProcesses().map(({ pid }) => pid));
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      cf: false,
      logRequests: false,
      workers: [
        {
          name: "bench",
          compatibilityDate: "2026-10-01",
          compatibilityFlags: ["nodejs_compat"],
          modules: [{ type: "ESModule", path: "bench.mjs", contents }],
        },
      ],
    }),
    telemetry: { enabled: false },
  });
  const url = await miniflare.ready;
  const ours = treeOf(listProcesses(), [process.pid]).filter(({ pid }) => !before.has(pid));
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(new URL(path, url));
    if (!response.ok)
      throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  return { pid: ours.at(-1)?.pid ?? 0, get, stop: () => miniflare.dispose() };
}
