// A command of an agent as members see it, in a real browser: what it says while it runs, and its result afterwards.
import type { GroupView, SandboxView } from "@acos/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";

import { openScene, type Scene } from "../star/scene.ts";
import { auditInBothSchemes } from "./audit.ts";
import {
  beSignedIn,
  composer,
  eventually,
  openBrowser,
  say,
  shoot,
  transcript,
  type Browser,
} from "./browser.ts";

/** Says more than a screen of lines, the last one with a colour, and then waits for a file. */
const COMMAND =
  "for i in $(seq 40); do echo line $i; done; printf '\\033[32mgreen\\033[0m\\n'; until [ -e go ]; do sleep 0.05; done; echo over";

let scene: Scene;
let browser: Browser;
let group: GroupView;
let base: string;

beforeAll(async () => {
  scene = await openScene({ env: { ACOS_SANDBOXES: "auto" } });
  browser = await openBrowser(scene.product.url);
  await beSignedIn(browser, scene.product.url, scene.owner.cookie);
  const agent = await scene.agent("ada", {
    name: "Ada",
    model: "rehearsal/rehearsal-1",
    tools: ["run_command"],
  });
  group = await scene.group([agent]);
  const { sandbox } = await scene.owner.rest.post<SandboxView>(`/groups/${group.id}/sandboxes`, {});
  base = `/groups/${group.id}/sandboxes/${sandbox}`;
});
afterAll(async () => {
  await browser.close();
  await scene.close();
});

it("[B30] shows what a command says while it runs, also to who comes later, and then its result", async () => {
  const { page } = browser;
  await page.goto(`/groups/${group.id}`);
  await composer(page).waitFor();
  await say(page, `@ada run \`${COMMAND}\``);
  const said = transcript(page).getByRole("log", { name: "What run_command says" });
  const lastLine = async () => (await said.textContent())?.trimEnd().split("\n").at(-1);
  await eventually(lastLine).toBe("green");
  // The end is what is seen.
  const below = () => said.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
  await eventually(below).toBeLessThan(2);
  await shoot(page, "command-runs");
  expect(await auditInBothSchemes(page)).toEqual([]);
  await page.reload();
  await eventually(lastLine).toBe("green");
  await scene.owner.rest.call("PUT", `${base}/files/go`, { raw: "" });
  await eventually(() => said.count()).toBe(0);
  const call = transcript(page).locator("details").filter({ hasText: "run_command" });
  await call.locator("summary").click();
  await eventually(() => call.textContent()).toContain("green\nover\n");
  await eventually(() => call.textContent()).toContain("Exit code 0");
});
