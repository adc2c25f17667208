// A group's history by REST: single messages, search, summaries, jobs, cold storage, and deletions that are cut short.
import {
  makeId,
  type GroupDirectoryControl,
  type GroupId,
  type GroupSummary,
  type GroupView,
  type Page,
  type Problem,
} from "@acos/protocol";
import { exports } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";

import { askedPages, down } from "./fake-group.ts";
import { Person } from "./person.ts";

const { GroupDirectory: directory } = exports as unknown as {
  readonly GroupDirectory: GroupDirectoryControl;
};

let person: Person;
let org: string;
let group: GroupView;

beforeAll(async () => {
  person = await Person.signUp();
  org = await person.org();
});
beforeEach(async () => {
  down.clear();
  askedPages.length = 0;
  group = (await person.api<GroupView>("POST", `/orgs/${org}/groups`, { name: "Old" })).body;
});

const listed = async (): Promise<GroupSummary | undefined> => {
  const { body } = await person.api<Page<GroupSummary>>("GET", `/orgs/${org}/groups`);
  return body.items.find(({ id }) => id === group.id);
};

describe("what a group tells of its history", () => {
  it("[HI1] a message that the group has not answers like an id that is none", async () => {
    const unknown = makeId("message", 0, new Uint8Array(10));
    const none = await person.api<Problem>("GET", `/groups/${group.id}/messages/${unknown}`);
    const garbled = await person.api<Problem>("GET", `/groups/${group.id}/messages/msg_1`);
    expect([none.status, garbled.status]).toEqual([404, 404]);
    expect(garbled.body.message).toBe("There is no such message, or you have no access to it.");
  });

  it("[HI1] summaries and jobs go backwards page by page", async () => {
    for (const name of ["summaries", "jobs"]) {
      const { status } = await person.api("GET", `/groups/${group.id}/${name}?limit=3&cursor=17`);
      expect([name, status]).toEqual([name, 200]);
      await person.api("GET", `/groups/${group.id}/${name}`);
    }
    const paged = [{ limit: 3, before: 17 }, { limit: 100 }];
    expect(askedPages).toEqual([...paged, ...paged]);
  });

  it("[HI2] a search goes to the group as it was written, page by page", async () => {
    const path = `/groups/${group.id}/search`;
    const first = await person.api<Page<object>>("GET", `${path}?q=blue%20%22big%20fish%22`);
    expect(first.body.nextCursor).toBe("20");
    await person.api("GET", `${path}?q=%20fish%20&limit=50&cursor=20`);
    expect(askedPages).toEqual([
      { q: 'blue "big fish"', cursor: 0, limit: 20 },
      { q: "fish", cursor: 20, limit: 50 },
    ]);
  });

  it("[HI2] a search without words, with too many, or for too much at once is refused by its field", async () => {
    const refused: [query: string, field: string][] = [
      ["", "q"],
      ["?q=", "q"],
      ["?q=%20%20", "q"],
      [`?q=${"x".repeat(501)}`, "q"],
      ["?q=fish&limit=51", "limit"],
      ["?q=fish&before=3", "before"],
      ["?q=fish&cursor=zzz", "cursor"],
    ];
    for (const [query, field] of refused) {
      const { status, body } = await person.api<Problem>(
        "GET",
        `/groups/${group.id}/search${query}`,
      );
      expect([query, status, body.code]).toEqual([query, 400, "invalid_request"]);
      const [first] = body.details as { field: string }[];
      expect([query, first?.field]).toEqual([query, field]);
    }
    const elsewhere = await person.api<Problem>("GET", `/groups/${group.id}/messages?q=fish`);
    expect(elsewhere.body.code).toBe("invalid_request");
    expect(askedPages).toEqual([]);
  });
});

describe("cold storage", () => {
  it("[HI3] an archived group is listed as archived until it is restored", async () => {
    expect(await listed()).toMatchObject({ archived: false });
    const archived = await person.api<GroupSummary>("POST", `/groups/${group.id}/archive`);
    expect(archived.status).toBe(200);
    expect(archived.body).toEqual({ ...(await listed()), archived: true });
    const restored = await person.api<GroupView>("POST", `/groups/${group.id}/restore`);
    expect([restored.status, restored.body.id]).toEqual([200, group.id]);
    expect(await listed()).toMatchObject({ archived: false });
  });

  it("[HI3] the group itself says that it went to cold storage and came back", async () => {
    const id = group.id as GroupId;
    await directory.noteArchived(id, true);
    expect(await listed()).toMatchObject({ archived: true });
    await directory.noteArchived(id, true);
    await directory.noteArchived(id, false);
    expect(await listed()).toMatchObject({ archived: false });
  });

  it("[HI3] who may not archive changes nothing", async () => {
    const guest = await Person.signUp("Bo");
    const { user } = await guest.me();
    await person.api("PUT", `/groups/${group.id}/members/${user.id}`, { role: "member" });
    const refused = await guest.api<Problem>("POST", `/groups/${group.id}/archive`);
    expect([refused.status, refused.body.code]).toEqual([403, "forbidden"]);
    expect(await listed()).toMatchObject({ archived: false });
  });
});

describe("a deletion", () => {
  it("[GR6] that fails half-way leaves the group listed, and can be asked for again", async () => {
    down.add("deleteGroup");
    const failed = await person.api<Problem>("DELETE", `/groups/${group.id}`);
    expect([failed.status, failed.body.code]).toEqual([503, "unavailable"]);
    expect(await listed()).toMatchObject({ id: group.id });
    down.clear();
    expect((await person.api("DELETE", `/groups/${group.id}`)).status).toBe(204);
    expect(await listed()).toBeUndefined();
  });
});
