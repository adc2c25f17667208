// How each row of the access matrix is asked: the request or the command of one role, at things that are its own to spoil.
import { BUNDLE_TYPE, OPERATIONS, SUMMARY_SECTIONS, type OperationId } from "@acos/protocol";

import type { CommandRow, OperationRow, Role } from "./access-matrix.ts";
import type { World } from "./access-world.ts";
import { newCommandId } from "./scene.ts";

export interface Asked {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** Sent as it is, instead of a body. */
  readonly raw?: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An operation's request: parameters in the order in which its path names them. */
function request(id: OperationId, params: readonly string[], body?: unknown): Asked {
  const { method, path } = OPERATIONS[id];
  const left = [...params];
  const filled = path.replace(/\{\w+\+?\}/g, () => encodeURIComponent(left.shift() ?? ""));
  return { method, path: filled, ...(body !== undefined && { body }) };
}

/** The same of the group's sandbox, or of another one. */
async function inside(
  world: World,
  id: OperationId,
  sent: { readonly params?: readonly string[]; readonly body?: unknown } = {},
): Promise<Asked> {
  const { sandbox } = await world.sandbox();
  return request(id, [world.group.id, sandbox, ...(sent.params ?? [])], sent.body);
}

type Ask<T> = (world: World, role: Role) => T | Promise<T>;

let made = 0;
const handle = () => `made-${(made += 1)}`;
const MODEL = "rehearsal/rehearsal-1";
const KEY = { kind: "openai", apiKey: "k" };

export const OPERATION_ASKS: Readonly<Record<OperationRow, Ask<Asked>>> = {
  getMe: () => request("getMe", []),
  createApiKey: () => request("createApiKey", [], { name: "mine" }),
  listApiKeys: () => request("listApiKeys", []),
  "deleteApiKey: their own": async (world, role) =>
    request("deleteApiKey", [await world.freshKey(role)]),
  "deleteApiKey: another's": async (world, role) =>
    request("deleteApiKey", [await world.freshKey(role === "member" ? "admin" : "member")]),
  listModels: ({ org }) => request("listModels", [org]),
  putProvider: ({ org }) => request("putProvider", [org, handle()], KEY),
  listProviders: ({ org }) => request("listProviders", [org]),
  getProvider: ({ org }) => request("getProvider", [org, "scripted"]),
  deleteProvider: async (world) =>
    request("deleteProvider", [world.org, await world.freshProvider()]),
  putSecret: ({ org }) =>
    request("putSecret", [org, handle()], { value: "a-value-of-ours", hosts: ["example.org"] }),
  listSecrets: ({ org }) => request("listSecrets", [org]),
  deleteSecret: async (world) => request("deleteSecret", [world.org, await world.freshSecret()]),
  listAuditEntries: ({ org }) => request("listAuditEntries", [org]),
  getAuditHead: ({ org }) => request("getAuditHead", [org]),
  createAgent: ({ org }) =>
    request("createAgent", [org], { handle: handle(), name: "Made", model: MODEL }),
  listAgents: ({ org }) => request("listAgents", [org]),
  getAgent: ({ agent }) => request("getAgent", [agent.id]),
  patchAgent: ({ agent }) => request("patchAgent", [agent.id], { about: "changed" }),
  deleteAgent: async (world) => request("deleteAgent", [await world.freshAgent()]),
  listAgentVersions: ({ agent }) => request("listAgentVersions", [agent.id]),
  restoreAgentVersion: ({ agent }) => request("restoreAgentVersion", [agent.id, "1"]),
  createGroup: ({ org }) => request("createGroup", [org], { name: "Made" }),
  listGroups: ({ org }) => request("listGroups", [org]),
  getGroup: ({ group }) => request("getGroup", [group.id]),
  patchGroup: ({ group }) => request("patchGroup", [group.id], { name: "Changed" }),
  deleteGroup: async (world) => request("deleteGroup", [await world.freshGroup()]),
  "putMember: somebody": async (world) =>
    request("putMember", [await world.freshGroup(), world.spare.id], { role: "viewer" }),
  "putMember: themselves, as admin": async (world, role) =>
    request("putMember", [await world.freshGroup(), world.people[role].user], { role: "admin" }),
  "putMember: an agent": async (world) =>
    request("putMember", [await world.freshGroup(), await world.freshAgent()], {}),
  "removeMember: somebody": async (world) => {
    const somebody = world.people["readKey"].user;
    return request("removeMember", [await world.freshGroup(), somebody]);
  },
  "removeMember: themselves": async (world, role) =>
    request("removeMember", [await world.freshGroup(), world.people[role].user]),
  createRoutingToken: ({ group }) => request("createRoutingToken", [group.id]),
  listEvents: ({ group }) => request("listEvents", [group.id]),
  listMessages: ({ group }) => request("listMessages", [group.id]),
  giveCommand: ({ group }) =>
    request("giveCommand", [group.id], {
      id: newCommandId(),
      command: { kind: "read-mark", seq: 1 },
    }),
  listRuns: ({ group }) => request("listRuns", [group.id]),
  getRun: ({ group, run }) => request("getRun", [group.id, run]),
  getBriefing: ({ group, run }) => request("getBriefing", [group.id, run, "1"]),
  getMessage: async (world) =>
    request("getMessage", [world.group.id, await world.freshMessage("member")]),
  searchGroup: ({ group }) => {
    const asked = request("searchGroup", [group.id]);
    return { ...asked, path: `${asked.path}?q=words` };
  },
  listSummaries: ({ group }) => request("listSummaries", [group.id]),
  listJobs: ({ group }) => request("listJobs", [group.id]),
  archiveGroup: async (world) => request("archiveGroup", [await world.freshGroup()]),
  restoreGroup: async (world) => request("restoreGroup", [await world.freshGroup()]),
  forkGroup: ({ group }) => request("forkGroup", [group.id], {}),
  exportGroup: ({ group }) => request("exportGroup", [group.id]),
  importGroup: async (world) => ({
    ...request("importGroup", [world.org]),
    raw: await world.bundle(),
    headers: { "content-type": BUNDLE_TYPE },
  }),
  listSandboxes: ({ group }) => request("listSandboxes", [group.id]),
  createSandbox: async (world) => request("createSandbox", [await world.freshGroup()]),
  getSandbox: (world) => inside(world, "getSandbox"),
  destroySandbox: async (world) => request("destroySandbox", await world.freshSandbox()),
  stopSandbox: async (world) => request("stopSandbox", await world.freshSandbox()),
  snapshotSandbox: (world) => inside(world, "snapshotSandbox"),
  restoreSandbox: (world) => inside(world, "restoreSandbox"),
  execInSandbox: (world) => inside(world, "execInSandbox", { body: { command: "true" } }),
  listProcesses: (world) => inside(world, "listProcesses"),
  readProcess: async (world) =>
    inside(world, "readProcess", { params: [await world.freshProcess("echo words", "ended")] }),
  writeProcess: async (world) =>
    inside(world, "writeProcess", {
      params: [await world.freshProcess("cat", "running")],
      body: { b64: "Cg==", close: true },
    }),
  endProcess: async (world) =>
    inside(world, "endProcess", { params: [await world.freshProcess("cat", "running")] }),
  listPorts: (world) => inside(world, "listPorts"),
  readFile: async (world) => inside(world, "readFile", { params: [await world.freshFile()] }),
  writeFile: async (world) => ({
    ...(await inside(world, "writeFile", { params: [handle()] })),
    raw: new TextEncoder().encode("words"),
    headers: { "content-type": "application/octet-stream" },
  }),
  deleteFile: async (world) => inside(world, "deleteFile", { params: [await world.freshFile()] }),
  openPreview: (world) => inside(world, "openPreview", { body: { port: 3000 } }),
  openTerminal: (world) => inside(world, "openTerminal"),
  listTerminals: (world) => inside(world, "listTerminals"),
  listCheckpoints: (world) => inside(world, "listCheckpoints"),
  createCheckpoint: (world) => inside(world, "createCheckpoint"),
  restoreCheckpoint: async (world) =>
    inside(world, "restoreCheckpoint", { params: [await world.freshCheckpoint()] }),
  listChanges: (world) => inside(world, "listChanges"),
  undoChanges: (world) => inside(world, "undoChanges", { body: { hunks: ["0".repeat(64)] } }),
};

const PARTS = [{ type: "text", text: "words" }];
/** Whose message is not the role's own. */
const anotherThan = (role: Role): Role => (role === "member" ? "admin" : "member");

export const COMMAND_ASKS: Readonly<Record<CommandRow, Ask<object>>> = {
  "message-post": () => ({ kind: "message-post", parts: PARTS }),
  "message-edit: their own": async (world, role) => ({
    kind: "message-edit",
    message: await world.freshMessage(role),
    parts: PARTS,
  }),
  "message-edit: another's": async (world, role) => ({
    kind: "message-edit",
    message: await world.freshMessage(anotherThan(role)),
    parts: PARTS,
  }),
  "message-redact: their own": async (world, role) => ({
    kind: "message-redact",
    message: await world.freshMessage(role),
  }),
  "message-redact: another's": async (world, role) => ({
    kind: "message-redact",
    message: await world.freshMessage(anotherThan(role)),
  }),
  "reaction-set": async (world) => ({
    kind: "reaction-set",
    message: await world.freshMessage("member"),
    reaction: "+1",
    on: true,
  }),
  "run-cancel": async (world) => ({ kind: "run-cancel", run: (await world.waiting()).run }),
  "run-resume: one that is not paused": async (world) => ({
    kind: "run-resume",
    run: (await world.waiting()).run,
  }),
  "approval-decide": async (world) => ({
    kind: "approval-decide",
    approval: (await world.waiting()).approval,
    decision: "deny",
  }),
  "read-mark": () => ({ kind: "read-mark", seq: 1 }),
  "summary-ask": () => ({ kind: "summary-ask" }),
  "summary-edit": () => ({
    kind: "summary-edit",
    sections: SUMMARY_SECTIONS.map((section) => ({ section, bullets: [] })),
  }),
  "briefing-rule-set": async (world) => ({
    kind: "briefing-rule-set",
    message: await world.freshMessage("member"),
    rule: "excluded",
  }),
  "settings-change": () => ({ kind: "settings-change", name: "Changed" }),
};
