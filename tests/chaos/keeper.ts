// The keeper of a chaos run: one admin who archives, forks, exports, imports and searches the group while it is talked in and killed.
import { setTimeout as pause } from "node:timers/promises";

import type { GroupView } from "@acos/protocol";

import type { Answer, Rest } from "../rest.ts";
import type { Entry } from "./history.ts";
import type { Random } from "./random.ts";

export interface Keeper {
  readonly rest: Rest;
  readonly org: string;
  readonly group: string;
  readonly random: Random;
  readonly record: (entry: Entry) => void;
  /** Told when agents should be left alone, so that the group can be archived, and when no more. */
  readonly hush: (isQuiet: boolean) => void;
  /** Told while a piece of work on the group's storage is under way. */
  readonly working: (isWorking: boolean) => void;
  /** Told of every piece of work that was done and answered so. */
  readonly did: (work: Work) => void;
  /** Ends the work when it says so. */
  readonly isOver: () => boolean;
}

/** Pause between two pieces of work. */
const PAUSE_MS = { least: 50, most: 500 } as const;

/** How long it waits for the agents to come to rest before an archive. */
const REST_MS = 6_000;
const LOOK_MS = 40;

export type Work = "archive" | "fork" | "import" | "search";

/** A short run has some of everything, too: it begins with these. */
const FIRST: readonly Work[] = ["fork", "archive", "fork", "archive", "import"];

function choose(random: Random, count: number): Work {
  const dice = random.next();
  const drawn = dice < 0.4 ? "archive" : dice < 0.6 ? "fork" : dice < 0.75 ? "import" : "search";
  return FIRST[count - 1] ?? drawn;
}

/** Works until it is over. Never throws: what fails while the product is down may have been done or not. */
export async function keep(keeper: Keeper): Promise<void> {
  const { random } = keeper;
  for (let count = 1; !keeper.isOver(); count += 1) {
    await pause(random.between(PAUSE_MS.least, PAUSE_MS.most));
    const work = choose(random, count);
    if (work === "archive") await atRest(keeper);
    keeper.working(true);
    try {
      if (work === "archive") await keeper.rest.post(`/groups/${keeper.group}/archive`);
      else if (work === "fork") await fork(keeper, `fork ${count}`);
      else if (work === "import") await exportAndImport(keeper, `import ${count}`);
      else await keeper.rest.get(`/groups/${keeper.group}/search?q=passing`);
      keeper.did(work);
    } catch {
      // Killed under the request, or refused because something else was under way.
    } finally {
      keeper.hush(false);
      keeper.working(false);
    }
  }
}

/** A group is not archived while its agents are at work: waits for them, through kills, for some seconds. */
async function atRest({ rest, group, hush, isOver }: Keeper): Promise<void> {
  hush(true);
  const deadline = Date.now() + REST_MS;
  while (Date.now() < deadline && !isOver()) {
    const view = await rest.get<GroupView>(`/groups/${group}`).catch(() => undefined);
    if (view?.runs.length === 0) return;
    await pause(LOOK_MS);
  }
}

async function fork({ rest, group, random, record }: Keeper, name: string): Promise<void> {
  const { head } = await rest.get<GroupView>(`/groups/${group}`);
  const atSeq = random.chance(0.5) ? random.between(1, head) : head;
  record({ type: "copy-asked", how: "fork", name, atSeq });
  const body = { atSeq, name };
  const answer = await rest.call<GroupView>("POST", `/groups/${group}/fork`, { body });
  taken(record, name, answer);
}

async function exportAndImport(keeper: Keeper, name: string): Promise<void> {
  const { rest, org, group, record } = keeper;
  const raw = await rest.download(`/groups/${group}/export`);
  record({ type: "copy-asked", how: "import", name });
  const headers = { "content-type": "application/x-tar" };
  const path = `/orgs/${org}/groups/import`;
  taken(record, name, await rest.call<GroupView>("POST", path, { raw, headers }));
}

function taken(record: Keeper["record"], name: string, answer: Answer<GroupView>): void {
  if (answer.status === 201) record({ type: "copied", name, group: answer.body.id });
}
