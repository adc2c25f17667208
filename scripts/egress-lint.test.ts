// Every way round the egress function is tried once, in a small tree of its own, and lint must refuse it there.
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");

const WAYS_ROUND = {
  fetch: 'export const answer = fetch("https://a.com");',
  "a name for fetch": "const other = fetch;\nexport const answer = other;",
  "globalThis.fetch": 'export const answer = globalThis.fetch("https://a.com");',
  'globalThis["fetch"]': 'export const answer = globalThis["fetch"]("https://a.com");',
  "fetch out of globalThis": "const { fetch: other } = globalThis;\nexport const answer = other;",
  "self.fetch": 'export const answer = self.fetch("https://a.com");',
  WebSocket: 'export const socket = new WebSocket("wss://a.com");',
  "globalThis.WebSocket": 'export const socket = new globalThis.WebSocket("wss://a.com");',
  EventSource: 'export const source = new EventSource("https://a.com");',
  "cloudflare:sockets":
    'import { connect } from "cloudflare:sockets";\nexport const way = connect;',
  "node:http": 'import { request } from "node:http";\nexport const way = request;',
  "node:https": 'import { request } from "node:https";\nexport const way = request;',
  "node:net": 'import { connect } from "node:net";\nexport const way = connect;',
  "node:tls": 'import { connect } from "node:tls";\nexport const way = connect;',
  "node:dgram": 'import { createSocket } from "node:dgram";\nexport const way = createSocket;',
  "net without its scheme": 'import { connect } from "net";\nexport const way = connect;',
} as const;

/** Where requests could begin, one file for each way in each of them. */
const PLACES = [
  "workers/agents/src",
  "workers/agents/src/tools",
  "workers/orchestrator/src/routes",
  "workers/group-controller/src/runs",
  "packages/trust/src",
  "packages/egress/src",
  "packages/group/src",
  "packages/protocol/src",
  "hosts/local/src/workerd",
];
const INNOCENT = 'export const answer = (network: Fetcher) => network.fetch("https://a.com");';

/** A comment that makes lint look away from a way out, on its next line or in its whole file. */
const SILENCED =
  /lint-disable (?:.*no-restricted)|lint-disable-next-line .*no-restricted.*\n.*(?:fetch|Socket|Source|Request)/g;

interface Finding {
  readonly filename: string;
  readonly code: string;
}

let root: string;
let findings: readonly Finding[];

const planted = PLACES.flatMap((place) =>
  Object.entries(WAYS_ROUND).map(([way, text], nth) => ({
    way,
    text,
    file: `${place}/way-${nth}.ts`,
  })),
);

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "acos-egress-lint-"));
  const config = JSON.parse(readFileSync(join(ROOT, ".oxlintrc.json"), "utf8")) as object;
  // What is looked for needs no types, and there is no project here to take them from.
  write(".oxlintrc.json", JSON.stringify({ ...config, options: { typeAware: false } }));
  for (const { file, text } of planted) write(file, `${text}\n`);
  for (const place of PLACES) write(`${place}/innocent.ts`, `${INNOCENT}\n`);
  const oxlint = join(ROOT, "node_modules/oxlint/bin/oxlint");
  const { stdout } = spawnSync(process.execPath, [oxlint, "--format", "json", "."], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  ({ diagnostics: findings } = JSON.parse(stdout) as { diagnostics: readonly Finding[] });
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const codesIn = (file: string) =>
  findings.filter((one) => one.filename.endsWith(file)).map(({ code }) => code);

describe("lint", () => {
  it.each(planted)("refuses $way in $file", ({ file }) => {
    expect(codesIn(file).join()).toMatch(/no-restricted-(?:globals|properties|imports)/);
  });

  it.each(PLACES)("lets a request through a network that was handed in pass in %s", (place) => {
    expect(codesIn(`${place}/innocent.ts`)).toEqual([]);
  });

  it("is told to look away in one place only: where the platform's fetch is handed in", () => {
    const sources = globSync("{workers,packages,hosts,apps}/*/{src,bin}/**/*.{ts,tsx,mjs}", {
      cwd: ROOT,
    });
    const silenced = sources.flatMap((file) => {
      const text = readFileSync(join(ROOT, file), "utf8");
      return [...text.matchAll(SILENCED)].map(() => file);
    });
    expect(sources.length).toBeGreaterThan(200);
    expect(silenced).toEqual(["workers/agents/src/index.ts"]);
  });
});
