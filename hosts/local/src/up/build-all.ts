// From sources to what the launcher serves: each Worker as one module, the web app as files; nothing is made twice.
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";

import type { BuildOptions } from "esbuild";

import { fingerprint } from "./fingerprint.ts";
import { waitForLock } from "./file-lock.ts";

export const REPOSITORY = resolve(import.meta.dirname, "../../../..");
export const DIST = join(REPOSITORY, "dist");
/** Run as it is, like the launcher itself. */
export const SANDBOX_HOST = join(REPOSITORY, "hosts/sandbox-host/src/main.ts");
export const WEB_DIST = join(REPOSITORY, "apps/web/dist");

interface Target {
  readonly name: string;
  /** Files and folders, from the repository's root, whose bytes decide whether it must be made anew. */
  readonly sources: readonly string[];
  readonly output: string;
  readonly make: () => Promise<void>;
}

const PACKAGES = ["protocol", "trust", "egress", "group", "client"].map(
  (name) => `packages/${name}`,
);
/** Names of the bundles, which are also the names of the Workers. */
const WORKERS = ["orchestrator", "group-controller", "agents"] as const;

const EMBEDDING = ["gateway", "agents-shell", "group-shell", "sandbox-door"] as const;

const SANDBOX_AGENT = "hosts/sandbox-host/src/agent/main.ts";
/** Scope of the packages that hold machine code: terminals. */
const NATIVES = "@lydell";

/** A build takes seconds; one that takes this long hangs. */
const BUILD_DEADLINE_MS = 180_000;

/** Builds every target whose sources changed and answers their names. Throws when one cannot be built. */
export async function buildAll(options: { readonly force?: boolean } = {}): Promise<string[]> {
  mkdirSync(DIST, { recursive: true });
  // Two starts at once would make the same things twice; the second waits and finds them made.
  const lock = await waitForLock(join(DIST, "build.lock"), BUILD_DEADLINE_MS);
  try {
    return await buildStale(options.force === true);
  } finally {
    lock.release();
  }
}

async function buildStale(force: boolean): Promise<string[]> {
  const targets = [
    ...WORKERS.map(workerTarget),
    embeddingTarget(),
    ...sandboxAgentTarget(),
    ...webTarget(),
  ];
  const stale = targets.filter((target) => force || !isFresh(target));
  await Promise.all(stale.map(makeTarget));
  // The bundler keeps a process of its own for the next build, which does not come.
  if (stale.length > 0) await (await import("esbuild")).stop();
  return stale.map((target) => target.name);
}

function workerTarget(name: string): Target {
  const output = join(DIST, name, "index.js");
  const entry = `workers/${name}/src/index.ts`;
  return {
    name,
    output,
    sources: [
      `workers/${name}/src`,
      `workers/${name}/package.json`,
      ...PACKAGES,
      "package-lock.json",
      "hosts/local/src/up/build-all.ts",
    ],
    make: () => bundle(entry, output),
  };
}

/** The inner gateway and the shells around two Workers: what joins the runtime processes and ends them. */
function embeddingTarget(): Target {
  const output = join(DIST, "embedding", "gateway.js");
  return {
    name: "embedding",
    output,
    sources: ["hosts/local/src/workerd", "hosts/local/src/up/build-all.ts"],
    make: async () => {
      const bundles = EMBEDDING.map((name) =>
        bundle(`hosts/local/src/workerd/${name}.ts`, join(DIST, "embedding", `${name}.js`)),
      );
      await Promise.all(bundles);
    },
  };
}

/** The program inside every sandbox as one file; its terminals are a native module, which stays outside. */
function sandboxAgentTarget(): Target[] {
  if (!existsSync(join(REPOSITORY, SANDBOX_AGENT))) return [];
  const output = join(DIST, "sandbox-agent", "agent.js");
  return [
    {
      name: "sandbox-agent",
      output,
      sources: [
        "hosts/sandbox-host/src",
        "hosts/sandbox-host/package.json",
        ...PACKAGES,
        "package-lock.json",
        "hosts/local/src/up/build-all.ts",
      ],
      make: async () => {
        // Where the sandbox looks for what stays outside of the one file; the sandbox sees this folder and no other of ours.
        const natives = join(dirname(output), "node_modules", NATIVES);
        cpSync(join(REPOSITORY, "node_modules", NATIVES), natives, {
          recursive: true,
          dereference: true,
        });
        await bundle(SANDBOX_AGENT, output, FOR_NODE);
      },
    },
  ];
}

function webTarget(): Target[] {
  if (!existsSync(join(REPOSITORY, "apps/web/index.html"))) return [];
  const output = join(WEB_DIST, "index.html");
  const sources = [
    "apps/web/src",
    "apps/web/public",
    "apps/web/index.html",
    "apps/web/vite.config.ts",
    "apps/web/package.json",
  ];
  return [
    {
      name: "web",
      output,
      sources: [...sources, ...PACKAGES, "package-lock.json"],
      make: buildWeb,
    },
  ];
}

function isFresh(target: Target): boolean {
  if (!existsSync(target.output)) return false;
  const stamp = stampOf(target);
  return (
    existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint(REPOSITORY, target.sources)
  );
}

async function makeTarget(target: Target): Promise<void> {
  const print = fingerprint(REPOSITORY, target.sources);
  await target.make();
  mkdirSync(join(DIST, "stamps"), { recursive: true });
  writeFileSync(stampOf(target), print);
}

const stampOf = (target: Target) => join(DIST, "stamps", target.name);

async function bundle(
  entry: string,
  output: string,
  options: BuildOptions = BUNDLING,
): Promise<void> {
  // Loaded when there is something to build: most starts find everything made.
  const { build } = await import("esbuild");
  const draft = `${output}.${process.pid}.draft.js`;
  try {
    await build({ ...options, entryPoints: [entry], outfile: draft });
    // Renamed when whole: a launcher that starts meanwhile reads the old one or the new one.
    renameSync(draft, output);
  } finally {
    rmSync(draft, { force: true });
  }
}

const BUNDLING = {
  absWorkingDir: REPOSITORY,
  bundle: true,
  format: "esm",
  target: "es2024",
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["workerd", "worker", "import", "production"],
  external: ["node:*", "cloudflare:*"],
  // Names stay: a stack in a log must say where it came from.
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
} as const satisfies BuildOptions;

const FOR_NODE: BuildOptions = {
  ...BUNDLING,
  target: "node24",
  platform: "node",
  conditions: ["node", "import", "production"],
  external: ["@lydell/node-pty", "@lydell/node-pty-*"],
  // Older packages ask for Node's own modules with `require`, which a module has only when it makes one.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
};

async function buildWeb(): Promise<void> {
  const draft = `dist.${process.pid}.draft`;
  const vite = join(REPOSITORY, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "--outDir", draft, "--emptyOutDir", "--logLevel", "warn"];
  const child = spawn(process.execPath, args, {
    cwd: join(REPOSITORY, "apps/web"),
    stdio: ["ignore", 2, 2],
    env: { ...process.env, NODE_ENV: "production" },
  });
  const ended = Promise.withResolvers<number | null>();
  child.once("error", ended.reject);
  child.once("exit", ended.resolve);
  const code = await ended.promise;
  if (code !== 0) throw new Error(`the web app cannot be built (vite ended with ${code})`);
  rmSync(WEB_DIST, { recursive: true, force: true });
  renameSync(join(REPOSITORY, "apps/web", draft), WEB_DIST);
}
