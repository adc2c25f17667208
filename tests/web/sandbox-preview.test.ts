// A Vite app in a sandbox, installed through the allow-list and looked at in a real browser: a change shows without a reload.
import { rmSync } from "node:fs";

import type { ExecResult, GroupView, Page, PortView, SandboxView } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startPackageRegistry, type PackageRegistry } from "../package-registry.ts";
import { startProduct, type Product } from "../product.ts";
import { signUp, type SignedUpUser } from "../rest.ts";
import { openBrowser, type Browser } from "./browser.ts";

const PORT = 5173;
const PAGE = `<!doctype html><title>App</title><link rel="icon" href="data:,"><p id="app"></p><script type="module" src="/main.js"></script>\n`;
const moduleSaying = (words: string) =>
  `document.querySelector("#app").textContent = ${JSON.stringify(words)};\nimport.meta.hot.accept();\n`;

let registry: PackageRegistry;
let product: Product;
let owner: SignedUpUser;
let browser: Browser;
let base: string;

beforeAll(async () => {
  registry = await startPackageRegistry();
  product = await startProduct({
    env: { ACOS_EGRESS_ALLOW: registry.host, ACOS_SANDBOXES: "auto" },
  });
  owner = await signUp(product.url, "Pia");
  const group = await owner.rest.post<GroupView>(`/orgs/${owner.org}/groups`, {
    name: "App",
    agents: [],
    policy: { sandboxes: { egress: { hosts: [registry.host] } } },
  });
  const made = await owner.rest.post<SandboxView>(`/groups/${group.id}/sandboxes`, {});
  base = `/groups/${group.id}/sandboxes/${made.sandbox}`;
  browser = await openBrowser(product.url);
});
afterAll(async () => {
  await browser.close();
  await product.stop();
  await registry.close();
  rmSync(product.data, { recursive: true, force: true });
});

const write = (path: string, raw: string) =>
  owner.rest.call("PUT", `${base}/files/${path}`, { raw });
const exec = (command: string, more: object = {}) =>
  owner.rest.post<ExecResult>(`${base}/exec`, { command, ...more });

describe("a preview of a Vite app", () => {
  it("[B29] shows the app, and a change of a file without a reload", async () => {
    for (const [path, content] of [
      ["index.html", PAGE],
      ["main.js", moduleSaying("first words")],
      ["package.json", '{"name":"app","private":true,"type":"module"}'],
    ] as const)
      expect((await write(path, content)).status).toBe(200);
    const install = `npm install vite --no-audit --no-fund --registry ${registry.url}`;
    const installed = await exec(install);
    expect(installed.code, installed.stderr).toBe(0);
    await exec(`npx vite --port ${PORT} --strictPort`, { background: true });
    const ports = async () => (await owner.rest.get<Page<PortView>>(`${base}/ports`)).items;
    await expect.poll(async () => (await ports()).map(({ port }) => port)).toContain(PORT);
    const { url } = await owner.rest.post<{ url: string }>(`${base}/preview`, { port: PORT });
    const { page } = browser;
    const said: string[] = [];
    page.on("console", (line) => said.push(line.text()));
    await page.goto(url);
    const app = page.locator("#app");
    await expect.poll(() => app.textContent()).toBe("first words");
    expect(new URL(page.url()).search).toBe("");
    // What changes before its socket is open is not told to a page.
    await expect.poll(() => said).toContain("[vite] connected.");
    await page.evaluate("globalThis.sameDocument = true");
    await write("main.js", moduleSaying("second words"));
    await expect.poll(() => app.textContent()).toBe("second words");
    expect(await page.evaluate("globalThis.sameDocument")).toBe(true);
    expect(browser.complaints).toEqual([]);
  });
});
