// Tests of who belongs to a group, and of versions that members follow.
import { describe, expect, it } from "vitest";

import type { Command } from "@acos/protocol";

import { card, ORG, Scenario, testId } from "../test/scenario.ts";
import { accessGroup, COMMAND_ROLES } from "./index.ts";

const principal = (user: number, role?: "owner" | "admin" | "member", org = ORG) => ({
  user: testId("user", user),
  name: "Somebody",
  orgs: role ? [{ id: org, role }] : [],
});

describe("members", () => {
  it("[G1] a new group has its creator as admin and its agents as members", () => {
    const scenario = Scenario.of(["ada", "grace"]);
    expect(scenario.kinds()).toEqual([
      "group-created",
      "member-joined",
      "member-joined",
      "member-joined",
    ]);
    expect(scenario.member("lena")).toMatchObject({ type: "user", role: "admin" });
    expect(scenario.member("ada")).toMatchObject({ type: "agent", role: "member", version: 1 });
  });

  it("[G1] creating it again changes nothing, another group in its place is refused", () => {
    const scenario = Scenario.of();
    const creation = {
      group: testId("group", 1),
      org: ORG,
      name: "Other",
      policy: scenario.state.group!.policy,
      creator: { user: testId("user", 9), name: "Eve", handle: "eve" },
      agents: [],
    };
    expect(scenario.ok({ kind: "group-create", creation }).events).toEqual([]);
    const other = { ...creation, group: testId("group", 2) };
    expect(scenario.decide({ kind: "group-create", creation: other })).toMatchObject({ ok: false });
  });

  it("[G2] a taken or reserved handle gets the lowest free number", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.addUser("ada", 2);
    scenario.put({
      type: "user",
      card: { user: testId("user", 3), name: "All", handle: "all" },
      role: "member",
    });
    const handles = [...scenario.state.members.values()].map((member) => member.handle);
    expect(handles).toEqual(["lena", "ada", "ada-2", "all-2"]);
  });

  it("[G3] who comes back is the same member again", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.addUser("noor", 2);
    const { member } = scenario.member("noor");
    scenario.ok({ kind: "member-remove", by: null, who: testId("user", 2) });
    expect(scenario.state.members.has(member)).toBe(false);
    scenario.addUser("noor", 2);
    expect(scenario.member("noor").member).toBe(member);
    expect(scenario.state.former.size).toBe(0);
  });

  it("[G4] the last admin can neither leave nor lose the role", () => {
    const scenario = Scenario.of(["ada"]);
    const who = testId("user", 1);
    const lena = { user: who, name: "Lena", handle: "lena" };
    const demote = {
      kind: "member-put",
      by: null,
      put: { type: "user", card: lena, role: "viewer" },
    } as const;
    expect(scenario.decide({ kind: "member-remove", by: null, who })).toMatchObject({ ok: false });
    expect(scenario.decide(demote)).toMatchObject({ ok: false });
    scenario.addUser("noor", 2, "admin");
    expect(scenario.decide(demote)).toMatchObject({ ok: true });
    expect(scenario.ok({ kind: "member-remove", by: null, who }).ok).toBe(true);
  });

  it("[G10] whom the org lets go leaves, and as the last admin hands the role to a member who manages the org", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.addUser("noor", 2);
    scenario.addUser("ines", 3);
    const heirs = [testId("user", 1), testId("user", 9), testId("user", 3), testId("user", 2)];
    scenario.ok({ kind: "member-let-go", user: testId("user", 1), heirs });
    expect(scenario.member("ines").role).toBe("admin");
    expect(scenario.member("noor").role).toBe("member");
    expect(scenario.takeEffects()).toEqual([{ kind: "close-sockets", user: testId("user", 1) }]);
  });

  it("[G10] without an heir the group goes on without an admin, and the org's managers still manage it", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.addUser("noor", 2);
    scenario.ok({ kind: "member-let-go", user: testId("user", 1), heirs: [testId("user", 9)] });
    expect([...scenario.state.members.values()].map(({ role }) => role)).not.toContain("admin");
    expect(accessGroup(scenario.state, principal(9, "owner"))?.role).toBe("admin");
    expect(accessGroup(scenario.state, principal(1))).toBeNull();
  });

  it("[G10] one of two admins leaves the other's role alone, and who is not there is gone already", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.addUser("noor", 2, "admin");
    scenario.addUser("ines", 3);
    const gone = scenario.ok({
      kind: "member-let-go",
      user: testId("user", 1),
      heirs: [testId("user", 3)],
    });
    expect(gone.events.map(({ event }) => event.kind)).toEqual(["member-left"]);
    const again = scenario.ok({ kind: "member-let-go", user: testId("user", 1), heirs: [] });
    expect(again.events).toEqual([]);
  });

  it("[G5] removing an agent ends its runs, removing a person closes their sockets", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.addUser("noor", 2);
    scenario.post("lena", "@ada one");
    scenario.post("lena", "@ada two");
    scenario.takeEffects();
    scenario.ok({ kind: "member-remove", by: null, who: card("ada").pin.agent });
    expect(scenario.state.runs.size).toBe(0);
    const effects = scenario.takeEffects();
    expect(effects.map((effect) => effect.kind)).toEqual(["abort", "abort"]);
    scenario.ok({ kind: "member-remove", by: null, who: testId("user", 2) });
    expect(scenario.takeEffects()).toEqual([{ kind: "close-sockets", user: testId("user", 2) }]);
  });

  it("[G9] the epoch rises when a member is removed or a role changes, and not otherwise", () => {
    const scenario = Scenario.of(["ada"]);
    const epoch = (): number => scenario.state.group!.epoch;
    scenario.addUser("noor", 2);
    scenario.post("lena", "hello");
    expect(epoch()).toBe(1);
    scenario.addUser("noor", 2, "viewer");
    expect(epoch()).toBe(2);
    scenario.ok({ kind: "member-remove", by: null, who: testId("user", 2) });
    expect(epoch()).toBe(3);
  });

  it("[G6] members and the org's owners and admins see a group, nobody else does", () => {
    const { state } = Scenario.of();
    expect(accessGroup(state, principal(1))).toMatchObject({ role: "admin" });
    expect(accessGroup(state, principal(5, "owner"))).toEqual({ member: null, role: "admin" });
    expect(accessGroup(state, principal(5, "admin"))).toEqual({ member: null, role: "admin" });
    expect(accessGroup(state, principal(5, "member"))).toBeNull();
    expect(accessGroup(state, principal(5, "owner", testId("org", 2)))).toBeNull();
    expect(accessGroup(state, principal(5))).toBeNull();
  });

  it("[G7] viewers read, members work, admins set", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.addUser("noor", 2);
    scenario.addUser("vic", 3, "viewer");
    const post: Command = { kind: "message-post", parts: [{ type: "text", text: "hello" }] };
    const rename = { kind: "settings-change", name: "Orchard" } as const;
    const mark = { kind: "read-mark", seq: 2 } as const;
    const refused = (handle: string, command: Parameters<Scenario["command"]>[1]): boolean =>
      !scenario.decide(scenario.command(handle, command)).ok;
    expect([refused("vic", post), refused("vic", rename), refused("vic", mark)]).toEqual([
      true,
      true,
      false,
    ]);
    expect([refused("noor", post), refused("noor", rename)]).toEqual([false, true]);
    expect([refused("lena", post), refused("lena", rename)]).toEqual([false, false]);
    expect(refused("ada", post)).toBe(true);
    expect(Object.values(COMMAND_ROLES)).toHaveLength(12);
  });

  it("[G8] latest adopts a higher revision, never a lower one; pinned stays", () => {
    const scenario = Scenario.of(["ada"]);
    const adopt = (version: number, revision: number): number =>
      scenario.ok({ kind: "agent-adopt", card: card("ada", { version, revision }) }).events.length;
    expect(adopt(3, 3)).toBe(1);
    expect(adopt(2, 2)).toBe(0);
    expect(adopt(3, 3)).toBe(0);
    expect(scenario.member("ada")).toMatchObject({ version: 3 });
    scenario.put({
      type: "agent",
      card: card("ada", { version: 2, revision: 4 }),
      follow: "pinned",
      role: "member",
    });
    expect(scenario.member("ada")).toMatchObject({ version: 2, follow: "pinned" });
    adopt(5, 5);
    expect(scenario.member("ada")).toMatchObject({ version: 2 });
  });
});
