// A group at work in a real browser: writing, mentions, approvals, stopping, reading above, a lost connection.
import type { Locator } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { GroupView } from "@acos/protocol";

import { script } from "../scripted-model.ts";
import { openScene, type Scene } from "../star/scene.ts";
import {
  ANSWER_MS,
  beSignedIn,
  composer,
  cutSockets,
  eventually,
  messagesOf,
  openBrowser,
  restingPlace,
  say,
  transcript,
  type Browser,
} from "./browser.ts";

let scene: Scene;
let browser: Browser;
let group: GroupView;

beforeAll(async () => {
  scene = await openScene();
  browser = await openBrowser(scene.product.url);
  await beSignedIn(browser, scene.product.url, scene.owner.cookie);
  const desk = {
    type: "http",
    name: "desk",
    description: "The desk.",
    baseUrl: `${scene.effects.url}/desk`,
    methods: ["GET", "POST"],
  };
  const doer = await scene.agent("doer", { name: "Dora", tools: ["calculate", desk] });
  const helper = await scene.agent("helper", { name: "Hal", tools: [] });
  group = await scene.group([doer, helper]);
});
beforeEach(async () => {
  await browser.page.goto(`/groups/${group.id}`);
  // An unsent text is kept over a reload, also that of a test that failed.
  await composer(browser.page).fill("");
});
afterAll(async () => {
  await browser.close();
  await scene.close();
});

const post = (deed: string) => ({
  calls: [{ tool: "desk", arguments: { method: "POST", path: "/do", body: { deed } } }],
});

interface Scroller {
  readonly scrollHeight: number;
}

/** Presses Tab and reads the field in the same breath, as no key could come sooner; the caret is written as `|`. */
function tabAndSeeCaret(field: Locator): Promise<string> {
  return field.evaluate((element) => {
    const { KeyboardEvent } = globalThis as unknown as {
      KeyboardEvent: new (type: string, init: object) => Event;
    };
    element.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab", bubbles: true }));
    const { value, selectionStart } = element as unknown as {
      value: string;
      selectionStart: number;
    };
    return `${value.slice(0, selectionStart)}|${value.slice(selectionStart)}`;
  });
}

describe("writing", () => {
  it("[B5] a mention is completed by the keyboard alone, and Enter only chooses", async () => {
    const { page } = browser;
    const field = composer(page);
    await field.pressSequentially("Ask @");
    const options = page.getByRole("listbox", { name: "Members to mention" }).getByRole("option");
    await eventually(() => options.count()).toBe(2);
    await field.press("ArrowDown");
    await eventually(() => options.nth(1).getAttribute("aria-selected")).toBe("true");
    const second = await options.nth(1).getAttribute("id");
    await eventually(() => field.getAttribute("aria-activedescendant")).toBe(second);
    await field.press("Enter");
    await eventually(() => field.inputValue()).toBe("Ask @helper ");
    await field.pressSequentially("and @do");
    await options.first().waitFor();
    await field.press("Tab");
    await eventually(() => field.inputValue()).toBe("Ask @helper and @doer ");
    await field.pressSequentially("@");
    await options.first().waitFor();
    await field.press("Escape");
    await eventually(() => options.count()).toBe(0);
    // Had any Enter sent before, its message would stand before this one.
    await say(page, "only this");
    await messagesOf(page, "Olive").getByText("only this").waitFor();
    expect(await messagesOf(page, "Olive").count()).toBe(1);
  });

  it("[B5] a mention completed in the midst of a text leaves the caret behind it, before the next key", async () => {
    const field = composer(browser.page);
    await field.fill("Ask  for it");
    await field.press("Home");
    for (const _ of "Ask ") await field.press("ArrowRight");
    await field.pressSequentially("@hel");
    await browser.page.getByRole("option", { name: "Hal @helper" }).waitFor();
    expect(await tabAndSeeCaret(field)).toBe("Ask @helper |for it");
    await field.fill("");
  });

  it("[B6] Enter sends, Shift and Enter breaks the line, an input method's Enter does neither", async () => {
    const { page } = browser;
    const field = composer(page);
    await field.pressSequentially("one");
    await field.press("Shift+Enter");
    await field.pressSequentially("two");
    await eventually(() => field.inputValue()).toBe("one\ntwo");
    await field.dispatchEvent("keydown", { key: "Enter", isComposing: true, bubbles: true });
    await field.dispatchEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true });
    await field.pressSequentially("three");
    await eventually(() => field.inputValue()).toBe("one\ntwothree");
    await field.press("Enter");
    await eventually(() => field.inputValue()).toBe("");
    await messagesOf(page, "Olive").getByText("twothree").waitFor();
  });

  it("[B7] a refused message stays with its reason and can be sent again", async () => {
    const { page } = browser;
    // Fits the count of characters, not the bytes of a frame.
    await composer(page).fill("€".repeat(30_000));
    await composer(page).press("Enter");
    await transcript(page).getByRole("alert").getByText("64 KiB").waitFor();
    await page.getByRole("button", { name: "Edit and send again" }).click();
    await eventually(async () => (await composer(page).inputValue()).length).toBe(30_000);
    await say(page, "shorter");
    await messagesOf(page, "Olive").getByText("shorter").waitFor();
    await eventually(() => transcript(page).getByRole("alert").count()).toBe(0);
  });
});

describe("runs", () => {
  it("[B8] a call with an effect waits with its exact arguments, and is done as it was edited", async () => {
    const { page } = browser;
    await say(page, `@doer ${script(post("paint it red"), { text: "painted" })}`);
    const card = page.getByRole("region", { name: "Dora wants to use desk" });
    await card.waitFor({ timeout: ANSWER_MS });
    const field = card.getByRole("textbox", { name: "Arguments as JSON" });
    const asked = post("paint it red").calls[0]?.arguments;
    await eventually(async () => JSON.parse(await field.inputValue()) as unknown).toEqual(asked);
    await field.fill("{ not json");
    const approve = card.getByRole("button", { name: "Approve as edited" });
    await eventually(() => approve.isDisabled()).toBe(true);
    await field.fill(JSON.stringify(post("paint it blue").calls[0]?.arguments));
    await approve.click();
    await messagesOf(page, "Dora").getByText("painted").waitFor({ timeout: ANSWER_MS });
    const deeds = scene.effects.hits
      .map(({ body }) => body)
      .filter((body) => body.includes("paint"));
    expect(deeds).toEqual([expect.stringContaining("paint it blue")]);
    await transcript(page).getByText("approved by Olive").waitFor();
    await eventually(() => card.count()).toBe(0);
  });

  it("[B8] a denied call is not done", async () => {
    const { page } = browser;
    await say(page, `@doer ${script(post("burn it"), { text: "then not" })}`);
    const card = page.getByRole("region", { name: "Dora wants to use desk" });
    await card.getByRole("button", { name: "Deny" }).click({ timeout: ANSWER_MS });
    await messagesOf(page, "Dora").getByText("then not").waitFor({ timeout: ANSWER_MS });
    await transcript(page).getByText("denied by Olive").waitFor();
    expect(scene.effects.hits.some(({ body }) => body.includes("burn it"))).toBe(false);
  });

  it("[B9] a run is stopped, and says so", async () => {
    const { page } = browser;
    await say(page, `@helper ${script({ text: "word ".repeat(400), pieces: 400, pieceMs: 50 })}`);
    await transcript(page).getByText("word word").first().waitFor({ timeout: ANSWER_MS });
    await page.getByRole("button", { name: "Stop Hal" }).click();
    await transcript(page).getByText("Hal was stopped").waitFor();
    await page.getByRole("list", { name: "Agents at work" }).waitFor({ state: "detached" });
  });

  it("[B10] a failed run says why, and where that can be mended", async () => {
    const { page } = browser;
    await say(page, `@helper ${script({ fault: 401 })}`);
    await transcript(page).getByText("Hal failed").waitFor({ timeout: ANSWER_MS });
    const way = transcript(page).getByRole("link", { name: "Check the model's settings" });
    await eventually(() => way.getAttribute("href")).toBe("/settings/models");
  });
});

describe("reading", () => {
  it("[B11] a connection lost in mid-stream comes back silently, and the answer is whole", async () => {
    const { page } = browser;
    const pieces = Array.from({ length: 120 }, (_none, index) => `piece-${index}`);
    await say(page, `@helper ${script({ text: pieces.join(" "), pieces: 120, pieceMs: 40 })}`);
    await transcript(page).getByText("piece-10").waitFor({ timeout: ANSWER_MS });
    expect(await cutSockets(page)).toBe(1);
    await transcript(page).getByText("piece-40").waitFor({ timeout: ANSWER_MS });
    await cutSockets(page);
    const answer = messagesOf(page, "Hal").last();
    await answer.getByText("piece-119").waitFor({ timeout: ANSWER_MS });
    await eventually(() => answer.innerText()).toContain(pieces.join(" "));
    await eventually(() => page.getByText("Reconnecting…").count()).toBe(0);
    await page.getByRole("list", { name: "Agents at work" }).waitFor({ state: "detached" });
    const mine = messagesOf(page, "Olive");
    const texts = await mine.allInnerTexts();
    expect(new Set(texts).size).toBe(texts.length);
  });

  it("[B12] new messages do not move one who reads above, and scrolling up brings older ones", async () => {
    const { page } = browser;
    const crowd = await scene.group([]);
    const tell = (text: string, id: string): Promise<unknown> =>
      scene.owner.rest.post(`/groups/${crowd.id}/commands`, {
        id,
        command: { kind: "message-post", parts: [{ type: "text", text }] },
      });
    for (let number = 1; number <= 260; number += 1) await tell(`line ${number}.`, `l-${number}`);
    await page.goto(`/groups/${crowd.id}`);
    const log = transcript(page);
    await log.getByText("line 260.", { exact: true }).waitFor();
    await log.hover();
    await page.mouse.wheel(0, -1_500);
    await page.getByRole("button", { name: "Jump to latest" }).waitFor();
    const reading = log.getByText(/^line 2[0-4]\d\.$/).first();
    const text = await reading.innerText();
    const place = log.getByText(text, { exact: true });
    const before = await restingPlace(place);
    const length = (): Promise<number> =>
      log.evaluate(({ scrollHeight }: Scroller) => scrollHeight);
    const lengthBefore = await length();
    await tell("news.", "news");
    // The news stand below, out of sight.
    await eventually(length).toBeGreaterThan(lengthBefore);
    expect(await restingPlace(place)).toEqual(before);
    await page.getByRole("button", { name: "Jump to latest" }).click();
    await log.getByText("news.", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Jump to latest" }).waitFor({ state: "detached" });
    await eventually(async () => {
      await page.mouse.wheel(0, -4_000);
      return log.getByText("line 1.", { exact: true }).isVisible();
    }).toBe(true);
    await log.getByText("The beginning of this group").waitFor();
  });

  it("[B13] Markdown runs no script, loads nothing from elsewhere, and links show where they lead", async () => {
    const { page } = browser;
    const hostile = [
      "<script>globalThis.pwned = 1</script><img src=x onerror='globalThis.pwned = 1'>",
      "![pixel](http://tracker.invalid/pixel.png)",
      "[click me](javascript:globalThis.pwned=1)",
      "[my bank](https://evil.invalid/login)",
      "**bold**",
    ].join("\n\n");
    await say(page, hostile);
    const message = messagesOf(page, "Olive").last();
    await message.getByText("bold").waitFor();
    await message.getByText("(evil.invalid)").waitFor();
    const link = message.getByRole("link", { name: "my bank" });
    await eventually(() => link.getAttribute("rel")).toContain("noopener");
    // What a script or an image would do, it had the time to do.
    await page.waitForLoadState("networkidle");
    expect(await message.locator("img, script, iframe").count()).toBe(0);
    expect(await message.getByRole("link", { name: "click me" }).count()).toBe(0);
    expect(await page.evaluate(() => (globalThis as { pwned?: number }).pwned)).toBeUndefined();
    expect([...browser.hosts]).toEqual([new URL(scene.product.url).host]);
    expect(browser.complaints).toEqual([]);
  });
});
