// `--open`: shows the page in the user's own browser, because they asked for it.
import { spawn } from "node:child_process";

import type { Log } from "./log.ts";

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: "open",
  linux: "xdg-open",
};

/** Asks the desktop to open a URL; a machine without one gets a line in the log and serves on. */
export function openInBrowser(url: string, log: Log): void {
  const opener = OPENERS[process.platform];
  const sorry = () => log.warn(`cannot open a browser here; open ${url} yourself`);
  if (opener === undefined) return sorry();
  const child = spawn(opener, [url], { detached: true, stdio: "ignore" });
  child.once("error", sorry);
  child.unref();
}
