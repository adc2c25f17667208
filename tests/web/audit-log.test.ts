// The audit log in a real browser: read backwards from its end, in sentences, by those who manage the organization.
import { afterAll, beforeAll, expect, it } from "vitest";

import type { AgentView, AuditHeadView, Me } from "@acos/protocol";

import { openScene, type Scene } from "../star/scene.ts";
import { beSignedIn, eventually, openBrowser, type Browser } from "./browser.ts";

/** More than the app shows at once. */
const CHANGES = 60;

let scene: Scene;
let browser: Browser;
let agent: AgentView;

beforeAll(async () => {
  scene = await openScene();
  agent = await scene.agent("dora", { name: "Dora", tools: [] });
  for (let change = 1; change <= CHANGES; change += 1)
    await scene.owner.rest.patch(`/agents/${agent.id}`, { about: `Change ${change}.` });
  browser = await openBrowser(scene.product.url);
  await beSignedIn(browser, scene.product.url, scene.owner.cookie);
});
afterAll(async () => {
  await browser.close();
  await scene.close();
});

it("[B21] the newest entries stand first, in sentences, and older ones follow down to the first", async () => {
  const { page } = browser;
  await page.goto("/settings/audit");
  const newest = `You changed the agent Dora, now version ${CHANGES + 1}`;
  await page.getByText(newest).waitFor();
  await page.getByText("the seal on its end holds").waitFor();
  const entries = page.getByRole("main").getByRole("listitem");
  await eventually(() => entries.count()).toBeGreaterThanOrEqual(50);
  await page.getByRole("button", { name: "Show older entries" }).click();
  await page.getByText("The beginning of the log").waitFor();
  await entries.filter({ hasText: "You signed up" }).waitFor();
  const sentences = await entries.allInnerTexts();
  const at = (text: string): number => sentences.findIndex((one) => one.includes(text));
  expect(at(newest)).toBeLessThan(at("now version 3"));
  expect(at("now version 3")).toBeLessThan(at("You made the agent Dora"));
  expect(at("You made the agent Dora")).toBeLessThan(at("You signed up"));
  const changes = sentences.filter((one) => one.includes("You changed the agent Dora"));
  expect(new Set(changes.map((one) => /version \d+/.exec(one)?.[0])).size).toBe(CHANGES);
  expect(changes).toHaveLength(CHANGES);
});

it("[B21] an entry opens by the keyboard and shows what was hashed", async () => {
  const { page } = browser;
  const head = await scene.owner.rest.get<AuditHeadView>(`/orgs/${scene.owner.org}/audit/head`);
  const row = page
    .getByRole("main")
    .getByRole("listitem")
    .filter({ hasText: "You made the agent" });
  await row.locator("summary").press("Enter");
  await row.getByText(agent.id).waitFor();
  const hash = row.getByText(/^[0-9a-f]{64}$/);
  await eventually(async () => (await hash.innerText()).length).toBe(head.hash.length);
});

it("[B21] a seal that does not hold is said aloud", async () => {
  const { page } = browser;
  await page.route("**/audit/head", async (route) => {
    const answer = await route.fetch();
    const head = (await answer.json()) as AuditHeadView;
    await route.fulfill({ response: answer, json: { ...head, sealed: false } });
  });
  await page.goto("/settings/audit");
  await page.getByRole("alert").getByText("does not hold").waitFor();
  await eventually(() => page.getByText("the seal on its end holds").count()).toBe(0);
});

it("[B21] who may not manage is told so, and nothing is asked for", async () => {
  const { page } = browser;
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.route("**/api/v1/me", async (route) => {
    const answer = await route.fetch();
    const me = (await answer.json()) as Me;
    const orgs = me.orgs.map((org) => ({ ...org, role: "member" }));
    await route.fulfill({ response: answer, json: { ...me, orgs } });
  });
  await page.goto("/settings/audit");
  await page.getByText("Only owners and admins").waitFor();
  await eventually(() => page.getByRole("link", { name: "Audit log" }).count()).toBe(0);
  // All that the page asks for was asked for.
  await page.waitForLoadState("networkidle");
  expect(asked.filter((url) => /\/api\/.*\/audit/.test(url))).toEqual([]);
  expect(browser.complaints).toEqual([]);
});
