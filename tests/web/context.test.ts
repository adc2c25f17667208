// What agents are told, in a real browser: the briefing of a turn, the summary, pinned messages.
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";

import type { AgentView, GroupView, MessageView } from "@acos/protocol";

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

let scene: Scene;
let browser: Browser;
let ada: AgentView;
let group: GroupView;

beforeAll(async () => {
  scene = await openScene();
  browser = await openBrowser(scene.product.url);
  await beSignedIn(browser, scene.product.url, scene.owner.cookie);
  ada = await scene.agent("ada", { name: "Ada", model: "rehearsal/rehearsal-1" });
  group = await scene.group([ada]);
});
beforeEach(async () => {
  await browser.page.goto(`/groups/${group.id}`);
  await composer(browser.page).waitFor();
});
afterAll(async () => {
  await browser.close();
  await scene.close();
});

/** Asks Ada something and waits until she is done; answers the row of what she said last, which has this in it. */
async function ask(page: Page, question: string, answer: string): Promise<Locator> {
  const { head } = await groupNow();
  await say(page, `@ada ${question}`);
  const said = async (): Promise<MessageView | undefined> => {
    if ((await groupNow()).runs.length > 0) return undefined;
    const { items } = await scene.owner.rest.get<{ items: MessageView[] }>(
      `/groups/${group.id}/messages?limit=10`,
    );
    return items.findLast(({ seq, run }) => seq > head && run !== undefined);
  };
  await eventually(said).toBeDefined();
  const row = page.locator(`#${(await said())?.message}`);
  await row.filter({ hasText: answer }).waitFor({ timeout: ANSWER_MS });
  return row;
}

const groupNow = (): Promise<GroupView> => scene.owner.rest.get(`/groups/${group.id}`);

async function openMenu(page: Page, message: Locator): Promise<Locator> {
  await message.hover();
  await message.getByRole("button", { name: "More" }).click();
  const menu = page.getByRole("dialog", { name: "More" });
  await menu.getByText(/^#\d+$/).waitFor();
  return menu;
}

async function openBriefing(page: Page, message: Locator): Promise<Locator> {
  const menu = await openMenu(page, message);
  await menu.getByRole("button", { name: "What it was told" }).click();
  const panel = page.getByRole("complementary", { name: "Briefing" });
  await panel.getByRole("heading", { name: /^What Ada was told for turn \d+$/ }).waitFor();
  return panel;
}

const section = (panel: Locator, name: string): Locator =>
  panel
    .getByRole("listitem")
    .filter({ has: panel.page().getByText(name, { exact: true }) })
    .first();

/** A section with many blocks is folded at first. */
async function unfold(folded: Locator): Promise<void> {
  const details = folded.locator("details").first();
  if ((await details.getAttribute("open")) === null)
    await details.locator("summary").first().click();
}

it("[B23] a briefing is shown with its tokens, its blocks and their exact text", async () => {
  const { page } = browser;
  const greeting = await ask(page, "hello", "Hello");
  const first = await openBriefing(page, greeting);
  await first.getByText("There is no turn of it before this one.").waitFor();
  const answer = await ask(page, "What is 6 * 7?", "42");
  const panel = await openBriefing(page, answer);
  await panel
    .getByText(/^\d[\d,]* tokens$/)
    .first()
    .waitFor();
  await panel.getByText("Read from cache").waitFor();
  const { briefing } = await lastTurn();
  const charter = section(panel, "Charter");
  await charter.getByText("Charter", { exact: true }).last().click();
  await eventually(() => charter.locator("pre").textContent()).toBe(briefing.charter);
  await section(panel, "Its own earlier turns").getByText("Turn 1").click();
  await section(panel, "Its own earlier turns").getByText("calculate").waitFor();
  await shoot(page, "briefing");
  expect(await auditInBothSchemes(page)).toEqual([]);
});

it("[B23] the difference to the agent's turn before is told, in a run and from run to run", async () => {
  const { page } = browser;
  const answer = await ask(page, "What is 2 * 3?", "6");
  const panel = await openBriefing(page, answer);
  await panel.getByText(/^\d+ blocks? new, \d+ the same, \d+ gone$/).waitFor();
  await panel.getByText("new", { exact: true }).first().waitFor();
  await shoot(page, "briefing-difference");
  await panel.getByText("Gone since").waitFor();
  await page.getByRole("button", { name: "Close briefing" }).click();
  await panel.waitFor({ state: "detached" });
  const next = await openBriefing(page, await ask(page, "hello", "Hello"));
  await next.getByRole("heading", { name: "What Ada was told for turn 1" }).waitFor();
  await next.getByText(/^\d+ blocks? new, \d+ the same, \d+ gone$/).waitFor();
});

it("[B23] a briefing that cannot be rebuilt as it was says so", async () => {
  const { page } = browser;
  await page.route("**/turns/*/briefing", async (route) => {
    const answer = await route.fetch();
    const told = (await answer.json()) as { ledger: object };
    const ledger = { ...told.ledger, exact: false };
    await route.fulfill({ response: answer, json: { ...told, ledger } });
  });
  const panel = await openBriefing(page, messagesOf(page, "Ada").last());
  await panel.getByText(/is not byte for byte what was noted/).waitFor();
  await page.unroute("**/turns/*/briefing");
});

it("[B24] a summary is made when a member asks, with the messages it rests on", async () => {
  const { page } = browser;
  await say(page, "We decided to ship `heron-2` on Friday.");
  await messagesOf(page, "Olive").getByText("heron-2").waitFor();
  await page.getByRole("button", { name: "Summary", exact: true }).click();
  const panel = page.getByRole("complementary", { name: "Summary" });
  await panel.getByText("Nothing is summarised yet.").waitFor();
  await panel.getByRole("button", { name: "Make a summary now" }).click();
  await panel.getByRole("article", { name: "Version 1" }).waitFor({ timeout: ANSWER_MS });
  await transcript(page)
    .getByText(/Summary 1 stands for all up to #\d+/)
    .waitFor();
  const source = panel.getByRole("button", { name: /^Show message #\d+$/ }).first();
  await source.click();
  await eventually(() => page.locator('article[aria-current="location"]').count()).toBe(1);
  await shoot(page, "summary");
  expect(await auditInBothSchemes(page)).toEqual([]);
});

it("[B24] a summary is written anew, and lines left as they are keep their sources", async () => {
  const { page } = browser;
  await page.getByRole("button", { name: "Summary", exact: true }).click();
  const panel = page.getByRole("complementary", { name: "Summary" });
  await panel.getByRole("article", { name: "Version 1" }).waitFor();
  const before = await panel.getByRole("button", { name: /^Show (message|source)/ }).count();
  expect(before).toBeGreaterThan(0);
  await panel.getByRole("button", { name: "Edit" }).click();
  const goals = panel.getByLabel("Goals");
  await shoot(page, "summary-editor");
  await goals.fill(`Keep the heron dry\n${await goals.inputValue()}`);
  await panel.getByRole("button", { name: "Save" }).click();
  const second = panel.getByRole("article", { name: "Version 2" });
  await second.getByText("Keep the heron dry").waitFor();
  await second.getByText(/written by Olive/).waitFor();
  await eventually(() =>
    second.getByRole("button", { name: /^Show (message|source)/ }).count(),
  ).toBe(before);
  await panel.getByText("Version 1").click();
  await panel.getByText("Earlier versions").waitFor();
  const answer = await ask(page, "hello", "Hello");
  const briefing = await openBriefing(page, answer);
  await section(briefing, "Summary").getByText("Summary", { exact: true }).last().click();
  await section(briefing, "Summary").locator("pre").getByText("Keep the heron dry").waitFor();
});

it("[B25] a pinned message is in the next briefing, and as usual again when a member says so", async () => {
  const { page } = browser;
  await say(page, "The cellar stays locked.");
  const message = messagesOf(page, "Olive").filter({ hasText: "The cellar stays locked." });
  const menu = await openMenu(page, message);
  await shoot(page, "message-menu");
  await menu.getByRole("button", { name: "Pin into every briefing" }).click();
  await message.getByText("Pinned into every briefing").waitFor();
  const answer = await ask(page, "hello again", "Hello");
  const briefing = await openBriefing(page, answer);
  await section(briefing, "Pinned")
    .getByText(/^Olive, #\d+$/)
    .click();
  await section(briefing, "Pinned").locator("pre").getByText("The cellar stays locked.").waitFor();
  await page.getByRole("button", { name: "Summary", exact: true }).click();
  const pins = page.getByRole("region", { name: "Pinned and kept out" });
  await pins.getByText("The cellar stays locked.").waitFor();
  await shoot(page, "pins");
  await pins.getByRole("button", { name: "As usual" }).click();
  await pins.getByText("No message is pinned or kept out.").waitFor();
  await message.getByText("Pinned into every briefing").waitFor({ state: "detached" });
});

it("[B25] a message that is kept out is left out of the next briefing, with the reason", async () => {
  const { page } = browser;
  await say(page, "Nobody needs to know this.");
  const message = messagesOf(page, "Olive").filter({ hasText: "Nobody needs to know this." });
  const menu = await openMenu(page, message);
  await menu.getByRole("button", { name: "Keep out of briefings" }).click();
  await message.getByText("Kept out of briefings").waitFor();
  const answer = await ask(page, "hello there", "Hello");
  const messages = section(await openBriefing(page, answer), "Messages");
  await unfold(messages);
  await messages.getByText("left out", { exact: true }).waitFor();
  await messages.getByText("a member keeps it out of briefings").waitFor();
  await messages.getByText("left out", { exact: true }).click();
  await messages.getByText("Left out: not told.").waitFor();
});

interface Told {
  readonly run: string;
  readonly turns: readonly { readonly turn: number }[];
}

async function allRuns(): Promise<{ runs: readonly Told[] }> {
  const { items } = await scene.owner.rest.get<{ items: Told[] }>(`/groups/${group.id}/runs`);
  return { runs: items };
}

/** What Ada was told for the last turn of her newest run. */
async function lastTurn(): Promise<{ briefing: { charter: string } }> {
  const { runs } = await allRuns();
  const [newest] = runs;
  const turn = newest?.turns.at(-1)?.turn;
  return {
    briefing: await scene.owner.rest.get(
      `/groups/${group.id}/runs/${newest?.run}/turns/${turn}/briefing`,
    ),
  };
}
