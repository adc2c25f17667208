// A secret in a real browser: kept, used by an agent's tool, changed, deleted, and never seen again after it was typed.
import type { Page, Response } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Me } from "@acos/protocol";

import { signUp } from "../rest.ts";
import { script } from "../scripted-model.ts";
import { joinOrg } from "../star/access-world.ts";
import { openScene, type Scene } from "../star/scene.ts";
import {
  ANSWER_MS,
  beSignedIn,
  eventually,
  messagesOf,
  openBrowser,
  say,
  type Browser,
} from "./browser.ts";

const VALUE = "tk_8f2b71c0a6d94e53";

let scene: Scene;
let browser: Browser;
/** Texts of all answers, and addresses of all requests, since the browser was opened. */
const heard: string[] = [];
/** Answers whose text is still coming. */
const hearing = new Set<Promise<void>>();

beforeAll(async () => {
  scene = await openScene();
  await scene.owner.rest.put(`/orgs/${scene.owner.org}/providers/scripted`, {
    kind: "openai-compatible",
    baseUrl: scene.model.url,
    models: ["actor"],
  });
  browser = await openBrowser(scene.product.url);
  browser.context.on("response", (response) => {
    const one = hear(response).finally(() => hearing.delete(one));
    hearing.add(one);
  });
  await beSignedIn(browser, scene.product.url, scene.owner.cookie);
});
afterAll(async () => {
  await browser.close();
  await scene.close();
});

async function hear(response: Response): Promise<void> {
  heard.push(response.url());
  // Answers without a body, and those of a page that was left, have no text.
  heard.push(await response.text().catch(() => ""));
}

/** Everything of a page in which a value could be left: markup, fields, storage and its address. */
function remainsOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { document, localStorage, sessionStorage, location, history } = globalThis as unknown as {
      document: {
        documentElement: { outerHTML: string };
        querySelectorAll(what: string): Iterable<{ value: string }>;
      };
      localStorage: object;
      sessionStorage: object;
      location: { href: string };
      history: { state: unknown };
    };
    const fields = [...document.querySelectorAll("input, textarea")].map(({ value }) => value);
    const kept = JSON.stringify([localStorage, sessionStorage, history.state, fields]);
    return `${document.documentElement.outerHTML}\n${kept}\n${location.href}`;
  });
}

const field = (page: Page, name: string | RegExp) => page.getByLabel(name, { exact: true });

async function openSecrets(page: Page): Promise<void> {
  await page.goto("/settings/secrets");
  await page.getByRole("heading", { name: "Secrets", level: 1 }).waitFor();
}

describe("a secret", () => {
  it("[B18] is kept once its form is right, and its field is empty afterwards", async () => {
    const { page } = browser;
    await openSecrets(page);
    await page.getByText("No secrets yet.").waitFor();
    await field(page, "Name").fill("desk");
    await field(page, "Value").fill(VALUE);
    await field(page, "Hosts it may be sent to").fill("not/a host");
    await page.getByRole("button", { name: "Keep secret" }).click();
    const hosts = field(page, "Hosts it may be sent to");
    await eventually(() => hosts.getAttribute("aria-invalid")).toBe("true");
    await page.getByText('must be a host such as "api.example.com"').waitFor();
    await hosts.fill(scene.effects.host);
    await page.getByRole("button", { name: "Keep secret" }).click();
    await page.getByRole("status").getByText("desk is kept.").waitFor();
    const row = page.getByRole("listitem").filter({ hasText: "desk" });
    await eventually(() => row.innerText()).toContain(`goes to ${scene.effects.host}`);
    await eventually(() => row.innerText()).toMatch(/kept .* by you/);
    await eventually(() => field(page, "Value").inputValue()).toBe("");
    expect(await remainsOf(page)).not.toContain(VALUE);
  });

  it("[B18] is not replaced by another of its name", async () => {
    const { page } = browser;
    await field(page, "Name").fill("desk");
    await page.getByText("There is a secret of this name.").waitFor();
    await field(page, "Value").fill("another-value");
    await field(page, "Hosts it may be sent to").fill("mail.example.com");
    await page.getByRole("button", { name: "Keep secret" }).click();
    await field(page, "Name").fill("mail");
    await page.getByRole("button", { name: "Keep secret" }).click();
    await page.getByRole("status").getByText("mail is kept.").waitFor();
    const { items } = await scene.owner.rest.get<{ items: { name: string; version: number }[] }>(
      `/orgs/${scene.owner.org}/secrets`,
    );
    expect(items.map(({ name, version }) => `${name} ${version}`)).toEqual(["desk 1", "mail 1"]);
  });

  it("[B19] is chosen for a tool's header, where a credential in clear is pointed out, and is what the tool sends", async () => {
    const { page } = browser;
    await page.goto("/agents/new");
    await field(page, "Name").fill("Dora");
    await page.getByLabel("Model").selectOption("scripted/actor");
    await page.getByRole("button", { name: "Add an HTTP tool" }).click();
    await page.getByLabel("Tool name").fill("desk");
    await page.getByLabel("Base URL").fill(`${scene.effects.url}/desk`);
    await page.getByRole("button", { name: "Add a header" }).click();
    await page.getByLabel("Headers: Name").fill("Authorization");
    await page.getByLabel("Headers: Value").fill("Bearer in-clear");
    const warning = page.getByText("Everybody in the organization can read this.");
    await warning.waitFor();
    await page.getByLabel("Headers: Secret").selectOption("desk");
    const value = page.getByLabel("Headers: Value");
    await eventually(() => value.inputValue()).toBe("Bearer {{secret:desk}}");
    await eventually(() => warning.count()).toBe(0);
    await page.getByRole("button", { name: "Create agent" }).click();
    await page.getByRole("link", { name: /Dora.*version 1/ }).click();
    await page.getByLabel("About").fill("Keeps the desk.");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved as version 2").waitFor();
    await askDora();
    expect(scene.effects.hits.map(({ headers }) => headers["authorization"])).toEqual([
      `Bearer ${VALUE}`,
    ]);
  });

  /** Has Dora use her tool in a new group, and waits until she says so. */
  async function askDora(): Promise<void> {
    const { page } = browser;
    const { owner } = scene;
    const { items } = await owner.rest.get<{ items: { id: string; handle: string }[] }>(
      `/orgs/${owner.org}/agents`,
    );
    const agents = items.filter(({ handle }) => handle === "dora").map(({ id }) => ({ id }));
    const { id } = await owner.rest.post<{ id: string }>(`/orgs/${owner.org}/groups`, {
      name: "Office",
      agents,
    });
    await page.goto(`/groups/${id}`);
    const call = { tool: "desk", arguments: { method: "GET", path: "/in" } };
    await say(page, `@dora ${script({ calls: [call] }, { text: "looked" })}`);
    await messagesOf(page, "Dora").getByText("looked").waitFor({ timeout: ANSWER_MS });
    expect(await remainsOf(page)).not.toContain(VALUE);
  }

  it("[B18] goes to no new host without its value, and to chosen groups without it", async () => {
    const { page } = browser;
    await openSecrets(page);
    await page.getByRole("button", { name: "Change desk" }).click();
    await field(page, "New value").waitFor();
    const hosts = field(page, "Hosts it may be sent to");
    await hosts.fill(`${scene.effects.host}\napi.example.com`);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText(/"api.example.com" is a new host/).waitFor();
    await eventually(() => field(page, "New value").getAttribute("aria-invalid")).toBe("true");
    await hosts.fill(scene.effects.host);
    await page.getByRole("radio", { name: "Only these" }).check();
    await page.getByRole("checkbox", { name: "Office" }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("status").getByText("desk is changed.").waitFor();
    await page.getByRole("listitem").getByText("for Office").waitFor();
    await page.getByRole("button", { name: "Change desk" }).click();
    await field(page, "New value").fill(VALUE);
    await hosts.fill(`${scene.effects.host}, api.example.com`);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("status").getByText("desk is changed.").waitFor();
    await page
      .getByRole("listitem")
      .getByText(/api\.example\.com/)
      .waitFor();
    expect(await remainsOf(page)).not.toContain(VALUE);
  });

  it("[B20] is seen by a member of the organization, who is told why it cannot be changed", async () => {
    const member = await signUp(scene.product.url, "Mona");
    await joinOrg(scene, member, "member");
    const other = await openBrowser(scene.product.url);
    // The app works in a person's first organization; here the one they joined is the only one.
    await other.page.route("**/api/v1/me", async (route) => {
      const answer = await route.fetch();
      const me = (await answer.json()) as Me;
      await route.fulfill({
        response: answer,
        json: { ...me, orgs: me.orgs.filter(({ role }) => role === "member") },
      });
    });
    await beSignedIn(other, scene.product.url, member.cookie);
    await openSecrets(other.page);
    await other.page.getByRole("listitem").getByText("mail.example.com").waitFor();
    await other.page.getByText("Only owners and admins").waitFor();
    await other.page.waitForLoadState("networkidle");
    expect(await other.page.getByRole("main").getByRole("button").count()).toBe(0);
    expect(await other.page.getByRole("textbox").count()).toBe(0);
    await other.close();
  });

  it("[B18] is deleted after a question, and was in no answer, address or complaint", async () => {
    const { page } = browser;
    await openSecrets(page);
    await page.getByRole("button", { name: "Delete desk" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("status").getByText("desk is deleted.").waitFor();
    await eventually(() => page.getByRole("button", { name: "Delete desk" }).count()).toBe(0);
    await page.waitForLoadState("networkidle");
    await Promise.all(hearing);
    expect(heard.length).toBeGreaterThan(20);
    expect(heard.filter((text) => text.includes(VALUE))).toEqual([]);
    const refusals = browser.complaints.filter((text) => !text.includes("400"));
    expect(refusals).toEqual([]);
    expect(browser.complaints.join()).not.toContain(VALUE);
  });
});
