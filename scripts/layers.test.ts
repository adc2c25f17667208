// Every rule of .dependency-cruiser.mjs is broken once, in a small tree of its own, and must be caught there.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readImportGraph, sourceFiles, type Violation } from "./import-graph.ts";

const ROOT = resolve(import.meta.dirname, "..");
const FACE = "packages/{}/src/index.ts";

interface Planted {
  readonly rule: string;
  readonly from: string;
  readonly imports: string;
  /** Only types are imported. */
  readonly types?: true;
}

/** One forbidden import per row; rules with several ways to be broken have several rows. */
const PLANTED: readonly Planted[] = [
  { rule: "no-circular", from: "packages/group/src/ring.ts", imports: "./ring.ts" },
  { rule: "everything-resolves", from: "workers/agents/src/lost.ts", imports: "./nowhere.ts" },
  {
    rule: "deployables-meet-on-the-wire",
    from: "workers/agents/src/other.ts",
    imports: "../../orchestrator/src/index.ts",
  },
  {
    rule: "packages-know-no-deployable",
    from: "packages/trust/src/up.ts",
    imports: "../../../workers/orchestrator/src/index.ts",
  },
  {
    rule: "product-knows-no-tests-or-scripts",
    from: "hosts/local/src/up.ts",
    imports: "../../../tests/star/index.ts",
  },
  {
    rule: "tests-look-from-outside",
    from: "tests/star/inside.ts",
    imports: "../../workers/orchestrator/src/index.ts",
  },
  { rule: "protocol-is-a-leaf", from: "packages/protocol/src/up.ts", imports: "@acos/trust" },
  { rule: "trust-knows-protocol-only", from: "packages/trust/src/side.ts", imports: "@acos/group" },
  {
    rule: "egress-knows-protocol-only",
    from: "packages/egress/src/side.ts",
    imports: "@acos/trust",
  },
  { rule: "egress-knows-protocol-only", from: "packages/egress/src/io.ts", imports: "node:dns" },
  {
    rule: "browser-takes-types-only",
    from: "packages/client/src/value.ts",
    imports: "@acos/protocol",
  },
  { rule: "browser-takes-types-only", from: "apps/web/src/value.tsx", imports: "@acos/protocol" },
  { rule: "group-is-pure", from: "packages/group/src/io.ts", imports: "node:fs" },
  { rule: "group-is-pure", from: "packages/group/src/side.ts", imports: "@acos/trust" },
  {
    rule: "client-knows-group-and-protocol-only",
    from: "packages/client/src/side.ts",
    imports: "@acos/trust",
  },
  {
    rule: "web-knows-client-and-protocol-only",
    from: "apps/web/src/a.tsx",
    imports: "@acos/trust",
  },
  { rule: "only-trust-touches-token-libraries", from: "workers/agents/src/b.ts", imports: "jose" },
  { rule: "only-protocol-touches-zod", from: "hosts/local/src/b.ts", imports: "zod" },
  {
    rule: "only-agents-touches-model-libraries",
    from: "workers/orchestrator/src/b.ts",
    imports: "@ai-sdk/openai",
  },
  {
    rule: "only-orchestrator-touches-accounts-and-d1",
    from: "workers/group-controller/src/b.ts",
    imports: "drizzle-orm",
  },
  { rule: "only-web-touches-the-dom-libraries", from: "workers/agents/src/c.ts", imports: "react" },
  { rule: "agents-know-no-group-state", from: "workers/agents/src/d.ts", imports: "@acos/group" },
  { rule: "testkit-in-tests-only", from: "workers/agents/src/e.ts", imports: "@acos/testkit" },
  {
    rule: "front-door-only",
    from: "workers/agents/src/f.ts",
    imports: "../../../packages/trust/src/private.ts",
  },
  {
    rule: "front-door-only-for-tests",
    from: "tests/star/f.ts",
    imports: "../../packages/trust/src/private.ts",
  },
  { rule: "node-builtins-stay-on-hosts", from: "workers/agents/src/g.ts", imports: "node:net" },
  {
    rule: "cloudflare-builtins-stay-in-workers",
    from: "packages/client/src/g.ts",
    imports: "cloudflare:workers",
  },
  {
    rule: "no-sockets-past-the-egress",
    from: "workers/agents/src/h.ts",
    imports: "cloudflare:sockets",
  },
];

/** Imports that keep to the layers; a rule that catches one of them is too wide. */
const ALLOWED: readonly Omit<Planted, "rule">[] = [
  { from: "workers/agents/src/ok.ts", imports: "@acos/trust" },
  { from: "workers/agents/src/ok-model.ts", imports: "@ai-sdk/openai" },
  { from: "workers/agents/src/ok-builtin.ts", imports: "cloudflare:workers" },
  { from: "workers/agents/src/ok.test.ts", imports: "@acos/testkit" },
  { from: "hosts/local/src/ok.ts", imports: "node:fs" },
  { from: "packages/trust/src/ok.ts", imports: "jose" },
  { from: "packages/group/src/ok.ts", imports: "@acos/protocol" },
  { from: "packages/egress/src/ok.ts", imports: "@acos/protocol" },
  { from: "workers/orchestrator/src/ok.ts", imports: "@acos/egress" },
  { from: "apps/web/src/ok.tsx", imports: "@acos/client" },
  { from: "apps/web/src/ok-types.tsx", imports: "@acos/protocol", types: true },
  { from: "tests/star/ok.ts", imports: "@acos/client" },
];

const PACKAGES = ["protocol", "trust", "egress", "group", "client", "testkit"];
const LIBRARIES = ["jose", "zod", "@ai-sdk/openai", "drizzle-orm", "react"];

let root: string;
let violations: readonly Violation[];

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "acos-layers-"));
  for (const file of [".dependency-cruiser.mjs", "tsconfig.base.json"]) {
    copyFileSync(join(ROOT, file), join(root, file));
  }
  mkdirSync(join(root, "node_modules/@acos"), { recursive: true });
  for (const name of PACKAGES) {
    write(FACE.replace("{}", name), "export const face = 1;\n");
    const manifest = { name: `@acos/${name}`, exports: { ".": "./src/index.ts" } };
    write(`packages/${name}/package.json`, JSON.stringify(manifest));
    symlinkSync(join(root, "packages", name), join(root, "node_modules/@acos", name));
  }
  for (const name of LIBRARIES) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.js" }));
    write(`node_modules/${name}/index.js`, "export const face = 1;\n");
  }
  write("packages/trust/src/private.ts", "export const face = 1;\n");
  write("workers/orchestrator/src/index.ts", "export const face = 1;\n");
  write("tests/star/index.ts", "export const face = 1;\n");
  for (const { from, imports, types } of [...PLANTED, ...ALLOWED]) {
    const text = types
      ? `import type { face } from "${imports}";\nexport type Used = typeof face;\n`
      : `import { face } from "${imports}";\nexport const used = face;\n`;
    write(from, text);
  }
  ({ violations } = readImportGraph(root));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe("the layers", () => {
  it.each(PLANTED)("$rule catches $from importing $imports", ({ rule, from }) => {
    expect(violations).toContainEqual(expect.objectContaining({ rule, from }));
  });

  it.each(ALLOWED)("let $from import $imports", ({ from }) => {
    expect(violations.filter((violation) => violation.from === from)).toEqual([]);
  });

  it("have no rule that is not planted here", async () => {
    const { default: config } = (await import(join(ROOT, ".dependency-cruiser.mjs"))) as {
      default: { forbidden: readonly { name: string }[] };
    };
    const planted = new Set(PLANTED.map(({ rule }) => rule));
    expect(config.forbidden.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual(
      [],
    );
  });
});

describe("readImportGraph", () => {
  it("looks at every source file there is", () => {
    const { imports } = readImportGraph(root);
    expect(sourceFiles(root).filter((file) => !imports.has(file))).toEqual([]);
    expect(imports.size).toBeGreaterThan(PLANTED.length);
  });
});
