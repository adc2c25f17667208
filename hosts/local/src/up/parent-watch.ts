// `npm start` puts npm and a shell above the launcher. When they are killed outright no signal arrives: the launcher
// notices that its parents changed and stops, as if it had been asked.
import { readFileSync } from "node:fs";

/** Two looks a second: an orphan lives for half a second at most and the look costs microseconds. */
const LOOK_EVERY_MS = 500;

/** Calls `onOrphaned` once when the parent, or the parent's parent, is another one than at the start. */
export function watchParents(onOrphaned: () => void): void {
  const before = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === before) return;
    clearInterval(timer);
    onOrphaned();
  }, LOOK_EVERY_MS);
  timer.unref();
}

function ancestors(): string {
  const parent = process.ppid;
  return `${parent} ${parentOf(parent)}`;
}

function parentOf(pid: number): string {
  try {
    return /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
  } catch {
    return ""; // No /proc on this system: the direct parent alone is watched.
  }
}
