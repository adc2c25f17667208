// The first minute of a new person, in a real browser, on the rehearsal model.
import { rmSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startProduct, type Product } from "../product.ts";
import {
  ANSWER_MS,
  composer,
  eventually,
  messagesOf,
  openBrowser,
  say,
  signUpByForm,
  transcript,
  type Browser,
} from "./browser.ts";

let product: Product;
let browser: Browser;
let person: { email: string; password: string };

beforeAll(async () => {
  product = await startProduct({ env: { ACOS_REHEARSAL_DELAY_MS: "150", ACOS_DETECT: "off" } });
  browser = await openBrowser(product.url);
  person = await signUpByForm(browser.page, "Lin Ouyang");
});
afterAll(async () => {
  await browser.close();
  await product.stop();
  rmSync(product.data, { recursive: true, force: true });
});

describe("the first minute", () => {
  it("[B1] a post in the Welcome group is answered by two agents, in a stream, marked as rehearsal", async () => {
    const { page } = browser;
    await say(page, "What is 6 * 7?");
    await messagesOf(page, "Lin Ouyang").getByText("What is 6 * 7?").waitFor();
    await page.getByRole("list", { name: "Agents at work" }).waitFor();
    const mark = page.getByText("rehearsal, not an AI model");
    for (const name of ["Ada", "Grace"]) {
      await messagesOf(page, name).last().getByText("42").waitFor({ timeout: ANSWER_MS });
      // The row that names the agent begins its stretch, and is a tool call's where one came before the answer.
      const heads = transcript(page)
        .locator("[data-index]")
        .filter({ has: page.getByText(name, { exact: true }) });
      await eventually(() => heads.count()).toBeGreaterThan(0);
      await eventually(() => heads.filter({ hasNot: mark }).count()).toBe(0);
    }
    await page.getByRole("link", { name: "Connect a model" }).waitFor();
  });

  it("[B2] a reload keeps the transcript and the unsent text", async () => {
    const { page } = browser;
    await page.getByRole("list", { name: "Agents at work" }).waitFor({ state: "detached" });
    const said = transcript(page).getByRole("article");
    const before = await said.allInnerTexts();
    expect(before.join("\n").match(/42/g)?.length).toBeGreaterThanOrEqual(2);
    await composer(page).fill("not sent yet");
    await page.reload();
    await eventually(() => said.allInnerTexts()).toEqual(before);
    await eventually(() => composer(page).inputValue()).toBe("not sent yet");
    await composer(page).fill("");
  });

  it("[B4] an agent and a group with it are made in the app, and the agent answers there", async () => {
    const { page } = browser;
    await page.getByRole("link", { name: "Agents" }).click();
    await page.getByRole("link", { name: "New agent" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Émile du Nord");
    await eventually(() => page.getByLabel("Handle").inputValue()).toBe("emile-du-nord");
    await page.getByLabel("About").fill("Counts things.");
    await page.getByLabel("Instructions").fill("Count carefully.");
    await page.getByRole("button", { name: "Create agent" }).click();
    await page.getByRole("link", { name: /Émile du Nord.*version 1/ }).waitFor();
    await page.getByRole("link", { name: "New group" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Counting house");
    await page.getByRole("checkbox", { name: /Émile/ }).check();
    await page.getByRole("button", { name: "Create group" }).click();
    await page.getByRole("heading", { name: "Counting house", level: 1 }).waitFor();
    await composer(page).fill("What is 5 * 5?");
    await page.getByText("No agent is mentioned, so none will answer").waitFor();
    await composer(page).fill("@emile-du-nord What is 5 * 5?");
    await page.getByText("Émile du Nord will answer").waitFor();
    await composer(page).press("Enter");
    const answer = messagesOf(page, "Émile du Nord").last();
    await answer.getByText("25").waitFor({ timeout: ANSWER_MS });
  });

  it("[B3] signing out ends at the sign-in, and an address behind it is gone to afterwards", async () => {
    const { page } = browser;
    const group = new URL(page.url()).pathname;
    await page.getByRole("button", { name: /Lin Ouyang/ }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.goto(group);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByLabel("Email").fill(person.email);
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Password").fill(person.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Counting house", level: 1 }).waitFor();
    await eventually(() => new URL(page.url()).pathname).toBe(group);
  });

  it("[B17] the first load is small, and nothing violated the content policy or went elsewhere", async () => {
    const { page } = browser;
    const answer = await page.goto("/");
    await composer(page).waitFor();
    // All that a first load fetches has come.
    await page.waitForLoadState("networkidle");
    const policy = answer?.headers()["content-security-policy"] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    const scripts = await Promise.all(
      (
        await page.evaluate(() =>
          (performance.getEntriesByType("resource") as unknown as { name: string }[]).map(
            ({ name }) => name,
          ),
        )
      )
        .filter((name) => name.endsWith(".js"))
        .map(async (name) => gzipSync(await (await fetch(name)).text()).length),
    );
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.reduce((sum, size) => sum + size, 0)).toBeLessThan(250 * 1024);
    expect(browser.complaints).toEqual([]);
    expect([...browser.hosts]).toEqual([new URL(product.url).host]);
  });
});
