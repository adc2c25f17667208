// Every page on a laptop, on a phone, in light and in dark: named, legible, and no wider than the window.
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { AgentView, GroupView } from "@acos/protocol";

import { script } from "../scripted-model.ts";
import { openScene, type Scene } from "../star/scene.ts";
import { auditByAxe, auditContrast, auditStructure } from "./audit.ts";
import {
  ANSWER_MS,
  beSignedIn,
  composer,
  eventually,
  messagesOf,
  openBrowser,
  say,
  shoot,
  type Browser,
} from "./browser.ts";

const LAPTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

let scene: Scene;
let browser: Browser;
let group: GroupView;
let pages: readonly ShownPage[];

interface ShownPage {
  readonly name: string;
  readonly path: string;
  /** What is there once all the page has to show has come. */
  readonly whole: (page: Page) => Locator;
}

const button = (name: string) => (page: Page) => page.getByRole("button", { name });
const listItem = (page: Page) => page.getByRole("main").getByRole("listitem").first();
const text = (words: string) => (page: Page) => page.getByRole("main").getByText(words).first();

const BEFORE: readonly ShownPage[] = [
  { name: "sign-in", path: "/sign-in", whole: button("Sign in") },
  { name: "sign-up", path: "/sign-up", whole: button("Create account") },
];

beforeAll(async () => {
  scene = await openScene();
  browser = await openBrowser(scene.product.url);
  const tool = {
    type: "http",
    name: "desk",
    description: "The desk.",
    baseUrl: `${scene.effects.url}/desk`,
    methods: ["POST"],
    headers: { authorization: "Bearer {{secret:desk}}", cookie: "in=clear" },
    query: { team: "7" },
  };
  const { org, rest } = scene.owner;
  await rest.put(`/orgs/${org}/secrets/desk`, {
    value: "tk_8f2b71c0a6d94e53",
    hosts: [scene.effects.host, "a-rather-long-name-of-a-host.internal.services.example.com"],
    groups: [],
  });
  await rest.put(`/orgs/${org}/secrets/mail`, {
    value: "hunter2-hunter2",
    hosts: ["mail.example.com"],
  });
  const doer = await scene.agent("doer", { name: "Dora", tools: ["calculate", tool] });
  group = await scene.group([doer]);
  pages = [
    { name: "group", path: `/groups/${group.id}`, whole: button("Approve") },
    { name: "new-group", path: "/new-group", whole: text("@doer") },
    { name: "agents", path: "/agents", whole: text("@doer") },
    { name: "new-agent", path: "/agents/new", whole: button("Create agent") },
    { name: "edit-agent", path: `/agents/${doer.id}`, whole: button("Delete agent") },
    { name: "models", path: "/settings/models", whole: text("scripted") },
    { name: "secrets", path: "/settings/secrets", whole: text("mail.example.com") },
    { name: "keys", path: "/settings/keys", whole: listItem },
    { name: "audit", path: "/settings/audit", whole: text("The beginning of the log") },
  ];
});
afterAll(async () => {
  await browser.close();
  await scene.close();
});

async function auditAt({ path, whole }: ShownPage, name: string): Promise<string[]> {
  const { page } = browser;
  await page.goto(path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await whole(page).waitFor();
  await page.waitForLoadState("networkidle");
  await shoot(page, name);
  const problems = [
    await auditByAxe(page),
    await page.evaluate(auditStructure),
    await page.evaluate(auditContrast),
  ].flat();
  return problems.map((problem) => `${name}: ${problem}`);
}

describe("every page", () => {
  it("[B15] before the sign-in: named, legible, in light and dark", async () => {
    const problems: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      await browser.page.emulateMedia({ colorScheme });
      for (const page of BEFORE)
        problems.push(...(await auditAt(page, `${page.name}-${colorScheme}`)));
    }
    expect(problems).toEqual([]);
  });

  it("[B14] [B15] behind it: named, legible, no wider than the window, on laptop and phone, in light and dark", async () => {
    const { page } = browser;
    await beSignedIn(browser, scene.product.url, scene.owner.cookie);
    await page.goto(`/groups/${group.id}`);
    await composer(page).waitFor();
    const rich = [
      "# A heading\n\nText with `code` and a [link](https://example.com/a).",
      "> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] done\n- [ ] open",
      `\`\`\`\n${"wide ".repeat(60)}\n\`\`\``,
    ].join("\n\n");
    await say(page, rich);
    await say(
      page,
      `@doer ${script({ calls: [{ tool: "calculate", arguments: { expression: "6*7" } }] }, { text: "It is **42**." })}`,
    );
    await messagesOf(page, "Dora").getByText("42").waitFor({ timeout: ANSWER_MS });
    const call = {
      tool: "desk",
      arguments: { method: "POST", path: "/do", body: { deed: "tidy" } },
    };
    await say(page, `@doer ${script({ fault: 401 })}`);
    await page.getByText("Dora failed").waitFor({ timeout: ANSWER_MS });
    await say(page, `@doer ${script({ text: "I will tidy.", calls: [call] })}`);
    await page
      .getByRole("region", { name: "Dora wants to use desk" })
      .waitFor({ timeout: ANSWER_MS });
    const problems: string[] = [];
    for (const [size, viewport] of [
      ["laptop", LAPTOP],
      ["phone", PHONE],
    ] as const)
      for (const colorScheme of ["light", "dark"] as const) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        for (const shown of pages)
          problems.push(...(await auditAt(shown, `${shown.name}-${size}-${colorScheme}`)));
      }
    expect(problems).toEqual([]);
  });

  it("[B14] on a phone the rail and the members open over the page and close again", async () => {
    const { page } = browser;
    await page.setViewportSize(PHONE);
    await page.goto(`/groups/${group.id}`);
    await composer(page).waitFor();
    await page.getByRole("button", { name: "Open groups and settings" }).click();
    await page.getByRole("link", { name: "Scene" }).waitFor();
    await shoot(page, "rail-phone");
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Scene" }).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Show members" }).click();
    await page.getByRole("complementary", { name: "Members" }).waitFor();
    await shoot(page, "members-phone");
    await eventually(() => page.evaluate(auditStructure)).toEqual([]);
    await page
      .getByRole("complementary", { name: "Members" })
      .getByRole("button", { name: "Hide members" })
      .click();
    await composer(page).waitFor();
  });

  it("[B16] a provider's key goes in and never comes out, and rehearsing agents move to its model", async () => {
    const { page } = browser;
    await page.setViewportSize(LAPTOP);
    await page.goto("/settings");
    await page.waitForURL("**/settings/models");
    const secret = "sk-web-very-secret-5678";
    await page.getByLabel("Name", { exact: true }).fill("mine");
    await page.getByLabel("Base URL").fill(scene.model.url);
    await page.getByLabel("API key").fill(secret);
    await page.getByRole("textbox", { name: "Models" }).fill("actor\nunderstudy");
    const answered = page.waitForResponse((response) => response.request().method() === "PUT");
    await page.getByRole("button", { name: "Connect" }).click();
    expect(await (await answered).text()).not.toContain(secret);
    await page.getByText("actor, understudy").waitFor();
    await page.reload();
    await page.getByText("actor, understudy").waitFor();
    expect(await page.content()).not.toContain(secret);
    await page.getByRole("combobox", { name: "Model" }).first().selectOption("mine/actor");
    await page.getByRole("button", { name: /^Move 2 agents to mine\/actor/ }).click();
    await page.getByText("They use it from their next answer on.").waitFor();
    const agents = await scene.owner.rest.get<{ items: AgentView[] }>(
      `/orgs/${scene.owner.org}/agents`,
    );
    expect(agents.items.filter(({ model }) => model === "mine/actor")).toHaveLength(2);
  });
});
