// A real Chromium with a profile of its own, and what a person does in it, in short words.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium, type BrowserContext, type Locator, type Page } from "playwright-core";
import { expect } from "vitest";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** A laptop's window, wide enough for the members beside the transcript. */
const WINDOW = { width: 1280, height: 800 };
/** An answer streams for seconds on a busy machine. */
export const ANSWER_MS = 30_000;

/** Where a person looks at the screens; nothing is kept without it. */
const SHOTS = process.env["ACOS_SHOTS"];

export interface Browser {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of pages and refusals of the content policy so far; missing sign-ins are none. */
  readonly complaints: readonly string[];
  /** Hosts that were asked for anything, the product's own included. */
  readonly hosts: ReadonlySet<string>;
  close(): Promise<void>;
}

/** Starts Chromium at the product's first page. */
export async function openBrowser(url: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), "acos-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
    viewport: WINDOW,
    baseURL: url,
  });
  const complaints: string[] = [];
  const hosts = new Set<string>();
  context.on("console", (line) => {
    const missingSignIn = line.text().includes("401");
    if (line.type() === "error" && !missingSignIn) complaints.push(line.text());
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("request", (request) => hosts.add(new URL(request.url()).host));
  // Sockets that a test can cut as a lost network would.
  await context.addInitScript(keepSockets);
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto("/");
  return {
    context,
    page,
    complaints,
    hosts,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Runs in the page before its scripts. */
function keepSockets(): void {
  const page = globalThis as unknown as {
    WebSocket: new (...given: [url: string, protocols?: string | string[]]) => object;
    acosSockets: object[];
  };
  const Original = page.WebSocket;
  page.acosSockets = [];
  page.WebSocket = class extends Original {
    constructor(...given: [url: string, protocols?: string | string[]]) {
      super(...given);
      page.acosSockets.push(this);
    }
  };
}

/** Cuts every open socket of the page, as a lost network does; answers how many there were since the page opened. */
export function cutSockets(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { acosSockets } = globalThis as unknown as { acosSockets: { close(): void }[] };
    for (const socket of acosSockets) socket.close();
    return acosSockets.length;
  });
}

/** Signs a new person up by the form and waits for the first group. */
export async function signUpByForm(
  page: Page,
  name: string,
): Promise<{ email: string; password: string }> {
  const email = `${name.toLowerCase().replaceAll(" ", ".")}@example.org`;
  const password = "correct horse battery staple";
  await page.goto("/sign-up");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Welcome", level: 1 }).waitFor();
  return { email, password };
}

/** Gives a page the session of somebody who signed up over REST. */
export async function beSignedIn(browser: Browser, url: string, cookie: string): Promise<void> {
  const cookies = cookie.split("; ").map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return { name, value: value.join("="), url };
  });
  await browser.context.addCookies(cookies);
}

/** Keeps a picture of the page as it stands. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** What a page comes to: read again and again until it is as asserted. A page is never read once right after an action. */
export function eventually<T>(read: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: ANSWER_MS });
}

/** Where a thing stands once it has stopped moving. */
export async function restingPlace(thing: Locator): Promise<unknown> {
  let last: unknown = null;
  let same = 0;
  await eventually(async () => {
    const now = JSON.stringify(await thing.boundingBox());
    same = now === last ? same + 1 : 0;
    last = now;
    return same;
  }).toBeGreaterThanOrEqual(3);
  return thing.boundingBox();
}

export function composer(page: Page): Locator {
  return page.getByRole("textbox", { name: /^Message to/ });
}

export function transcript(page: Page): Locator {
  return page.getByRole("log", { name: "Transcript" });
}

/** Messages of one author, as whole rows. */
export function messagesOf(page: Page, name: string): Locator {
  return transcript(page).getByRole("article", { name: `Message of ${name}` });
}

/** Writes a message and sends it by Enter. */
export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}
