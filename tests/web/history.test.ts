// A group's past in a real browser: search, forks, the archive, bundles.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { GroupView, MessageView } from "@acos/protocol";

import { openScene, type Scene } from "../star/scene.ts";
import { auditInBothSchemes } from "./audit.ts";
import {
  ANSWER_MS,
  beSignedIn,
  composer,
  eventually,
  messagesOf,
  openBrowser,
  say,
  shoot,
  transcript,
  type Browser,
} from "./browser.ts";

/** More than a group replays when it is opened. */
const LINES = 560;
const PHONE = { width: 390, height: 844 };

let scene: Scene;
let browser: Browser;
let group: GroupView;
let folder: string;

beforeAll(async () => {
  scene = await openScene();
  browser = await openBrowser(scene.product.url);
  await beSignedIn(browser, scene.product.url, scene.owner.cookie);
  group = await scene.group([]);
  folder = mkdtempSync(join(tmpdir(), "acos-web-history-"));
  for (let number = 1; number <= LINES; number += 1)
    await tell(number === 5 ? "The cellar's password is heron." : `line ${number}.`);
});
afterAll(async () => {
  await browser.close();
  await scene.close();
  rmSync(folder, { recursive: true, force: true });
});

let told = 0;
async function tell(text: string): Promise<void> {
  told += 1;
  await scene.owner.rest.post(`/groups/${group.id}/commands`, {
    id: `told-${told}`,
    command: { kind: "message-post", parts: [{ type: "text", text }] },
  });
}

const searchField = (page: Page): Locator =>
  page.getByRole("searchbox", { name: "Search this group" });
const results = (page: Page): Locator =>
  page.getByRole("complementary", { name: "Search results" });
const past = (page: Page): Locator =>
  page.getByRole("log", { name: "Older stretch of the transcript" });
const exact = { exact: true };

/** The message one is led to: it is marked, has the focus, and can be seen. */
async function seeMarked(page: Page, text: string): Promise<void> {
  const marked = page.locator('article[aria-current="location"]').filter({ hasText: text });
  await marked.waitFor();
  await eventually(() => marked.evaluate((row) => row === row.ownerDocument.activeElement)).toBe(
    true,
  );
  await eventually(async () => {
    const box = await marked.boundingBox();
    return box !== null && box.y > 0 && box.y < 800;
  }).toBe(true);
}

async function openGroup(page: Page): Promise<void> {
  await page.goto(`/groups/${group.id}`);
  await transcript(page).getByText(`line ${LINES}.`, exact).waitFor();
}

describe("search", () => {
  it("[B22] what was said long ago is found by the keyboard alone, and the way leads there and back", async () => {
    const { page } = browser;
    await openGroup(page);
    await composer(page).press("Control+k");
    await page.keyboard.type("HERON password", { delay: 5 });
    const hit = results(page).getByRole("listitem").filter({ hasText: "Olive" });
    await hit.waitFor();
    await eventually(() => hit.locator("mark").allInnerTexts()).toEqual(["password", "heron"]);
    await eventually(() => hit.innerText()).toMatch(/#\d+/);
    await shoot(page, "search");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await past(page).getByText("line 30.", exact).waitFor();
    await seeMarked(page, "heron");
    await shoot(page, "past");
    await page.getByRole("button", { name: "Show older messages" }).waitFor({ state: "detached" });
    await past(page).getByText("line 1.", exact).waitFor();
    await page.getByRole("button", { name: "Show newer messages" }).click();
    await past(page).getByText("line 90.", exact).waitFor();
    await page.getByRole("button", { name: "Back to newest" }).click();
    await transcript(page).getByText(`line ${LINES}.`, exact).waitFor();
  });

  it("[B22] a message that is loaded is gone to where it stands, and one press leads to the newest", async () => {
    const { page } = browser;
    await openGroup(page);
    await composer(page).press("/");
    await eventually(() => composer(page).inputValue()).toBe("/");
    await composer(page).fill("");
    await transcript(page).focus();
    await page.keyboard.press("/");
    await page.keyboard.type(`line ${LINES - 60}`, { delay: 5 });
    await eventually(() => searchField(page).inputValue()).toBe(`line ${LINES - 60}`);
    await results(page)
      .getByRole("button")
      .filter({ hasText: `line ${LINES - 60}.` })
      .click();
    await seeMarked(page, `line ${LINES - 60}.`);
    await shoot(page, "marked");
    await eventually(() => past(page).count()).toBe(0);
    await page.getByRole("button", { name: "Jump to latest" }).click();
    await transcript(page).getByText(`line ${LINES}.`, exact).waitFor();
    await eventually(() => page.locator("[aria-current=location]").count()).toBe(0);
  });

  it("[B22] results come by the page; no result and no answer are said", async () => {
    const { page } = browser;
    await openGroup(page);
    await searchField(page).fill("line");
    await results(page).getByText("20 or more messages").waitFor();
    await results(page).getByRole("button", { name: "Show more" }).click();
    await eventually(() => results(page).getByRole("listitem").count()).toBe(40);
    await searchField(page).fill("zebra");
    await results(page).getByText("Nothing here fits “zebra”.").waitFor();
    await page.route("**/search?**", (route) => route.fulfill({ status: 400, json: REFUSED }));
    await searchField(page).fill("heron");
    await results(page).getByRole("alert").getByText("Not this time.").waitFor();
    await page.unroute("**/search?**");
    await results(page).getByRole("button", { name: "Try again" }).click();
    await results(page).getByRole("listitem").filter({ hasText: "heron" }).waitFor();
    await searchField(page).press("Escape");
    await results(page).waitFor({ state: "detached" });
    await eventually(() => searchField(page).inputValue()).toBe("");
  });

  it("[B22] on a phone the search lies over the page and gives way to what was found", async () => {
    const { page } = browser;
    const { width = 0, height = 0 } = page.viewportSize() ?? {};
    await page.setViewportSize(PHONE);
    await openGroup(page);
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.keyboard.type("heron", { delay: 5 });
    const hit = results(page).getByRole("button").filter({ hasText: "heron" });
    await hit.waitFor();
    expect(await auditInBothSchemes(page)).toEqual([]);
    await shoot(page, "search-phone");
    await hit.click();
    await results(page).waitFor({ state: "detached" });
    await seeMarked(page, "heron");
    await page.setViewportSize({ width, height });
  });
});

const REFUSED = { code: "invalid_request", message: "Not this time." };

/** Opens a message's menu. */
async function openMenu(page: Page, message: Locator): Promise<Locator> {
  await message.hover();
  await message.getByRole("button", { name: "More" }).click();
  const menu = page.getByRole("dialog", { name: "More" });
  await menu.getByText(/^#\d+$/).waitFor();
  return menu;
}

async function openStorage(page: Page): Promise<Locator> {
  const panel = page.getByRole("complementary", { name: "Members" });
  await panel.getByText("History and copies").click();
  await panel.getByRole("link", { name: "Export this group" }).waitFor();
  return panel;
}

describe("copies", () => {
  it("[B26] a fork from a message has all up to there, nothing later, and goes on by itself", async () => {
    const { page } = browser;
    await openGroup(page);
    const from = messagesOf(page, "Olive").filter({ hasText: `line ${LINES - 2}.` });
    const menu = await openMenu(page, from);
    await menu.getByRole("button", { name: "Fork from here" }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(group.id));
    await transcript(page).getByText("Forked from Scene").waitFor({ timeout: ANSWER_MS });
    await transcript(page)
      .getByText(`line ${LINES - 2}.`, exact)
      .waitFor();
    await say(page, "in the fork");
    await messagesOf(page, "Olive").getByText("in the fork").waitFor();
    expect(await transcript(page).getByText(`line ${LINES}.`, exact).count()).toBe(0);
    const origin = await textsOf(group.id);
    expect(origin.at(-1)).toBe(`line ${LINES}.`);
    const fork = await textsOf(new URL(page.url()).pathname.split("/").at(-1) ?? "");
    expect(fork).toEqual([...origin.slice(0, LINES - 2), "in the fork"]);
  });

  it("[B28] an exported group is imported again, with all that was said", async () => {
    const { page } = browser;
    await openGroup(page);
    const panel = await openStorage(page);
    const downloading = page.waitForEvent("download");
    await panel.getByRole("link", { name: "Export this group" }).click();
    const bundle = join(folder, "group.tar");
    await (await downloading).saveAs(bundle);
    expect(statSync(bundle).size).toBeGreaterThan(1_000);
    await page.getByRole("link", { name: "New group" }).click();
    await page.getByLabel("Exported group").setInputFiles(bundle);
    await page.getByRole("button", { name: "Import" }).click();
    await page.waitForURL(/\/groups\/grp_/);
    await transcript(page).getByText("Imported from Scene").waitFor({ timeout: ANSWER_MS });
    await transcript(page).getByText(`line ${LINES}.`, exact).waitFor();
    const imported = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    expect(imported).not.toBe(group.id);
    expect(await textsOf(imported)).toEqual(await textsOf(group.id));
  });

  it("[B28] a file that is no bundle is refused with words", async () => {
    const { page } = browser;
    await page.goto("/new-group");
    const file = {
      name: "no.tar",
      mimeType: "application/x-tar",
      buffer: Buffer.from("no bundle"),
    };
    await page.getByLabel("Exported group").setInputFiles(file);
    await page.getByRole("button", { name: "Import" }).click();
    await page.getByRole("main").getByRole("alert").waitFor();
    expect(new URL(page.url()).pathname).toBe("/new-group");
  });
});

/** What was said in a group, from the beginning. */
async function textsOf(id: string): Promise<string[]> {
  const { items } = await scene.owner.rest.get<{ items: MessageView[] }>(
    `/groups/${id}/messages?limit=500`,
  );
  const [first] = items;
  const older =
    items.length < 500 || !first
      ? []
      : (
          await scene.owner.rest.get<{ items: MessageView[] }>(
            `/groups/${id}/messages?limit=500&before=${first.seq}`,
          )
        ).items;
  return [...older, ...items].map(({ parts }) => parts.map(({ text }) => text).join(""));
}

describe("the archive", () => {
  it("[B27] an archived group lies apart, and is back with all that was said when it is opened", async () => {
    const { page } = browser;
    const old = await scene.group([]);
    await scene.owner.rest.patch(`/groups/${old.id}`, { name: "Old cellar" });
    await page.goto(`/groups/${old.id}`);
    await say(page, "Remember the heron.");
    await messagesOf(page, "Olive").getByText("Remember the heron.").waitFor();
    const other = await browser.context.newPage();
    await other.goto(`/groups/${old.id}`);
    await messagesOf(other, "Olive").getByText("Remember the heron.").waitFor();
    const panel = await openStorage(page);
    await shoot(page, "storage");
    await panel.getByRole("button", { name: "Archive this group" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Archive this group" }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(old.id));
    const rail = page.getByRole("navigation", { name: "Groups and settings" });
    await rail.getByText("Archived (1)").waitFor();
    await rail.getByRole("link", { name: "Old cellar" }).waitFor({ state: "hidden" });
    // Where it was open it is let go of: a line held open would bring it back.
    await other.getByRole("heading", { name: "This group was archived." }).waitFor();
    await page.reload();
    await rail.getByText("Archived (1)").click();
    await shoot(page, "archived");
    await rail.getByRole("link", { name: "Old cellar" }).click();
    await messagesOf(page, "Olive").getByText("Remember the heron.").waitFor();
    await transcript(page).getByText("The group was brought back from the archive").waitFor();
    await rail.getByText("Archived (1)").waitFor({ state: "detached" });
    await rail.getByRole("link", { name: "Old cellar" }).waitFor();
    await say(page, "And the password.");
    await other.getByRole("button", { name: "Bring it back" }).click();
    await messagesOf(other, "Olive").getByText("And the password.").waitFor();
    await other.close();
  });
});
