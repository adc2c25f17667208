// Method and path of every REST operation, held equal to the protocol's table by the compiler, so that no schema is loaded.
import type { OPERATIONS, OperationId, Page } from "@acos/protocol";

type Operations = typeof OPERATIONS;
type RouteOf<K extends OperationId> = `${Operations[K]["method"]} ${Operations[K]["path"]}`;

export const ROUTES = {
  getMe: "GET /me",
  createApiKey: "POST /api-keys",
  listApiKeys: "GET /api-keys",
  deleteApiKey: "DELETE /api-keys/{id}",
  listModels: "GET /orgs/{org}/models",
  putProvider: "PUT /orgs/{org}/providers/{name}",
  listProviders: "GET /orgs/{org}/providers",
  getProvider: "GET /orgs/{org}/providers/{name}",
  deleteProvider: "DELETE /orgs/{org}/providers/{name}",
  putSecret: "PUT /orgs/{org}/secrets/{name}",
  listSecrets: "GET /orgs/{org}/secrets",
  deleteSecret: "DELETE /orgs/{org}/secrets/{name}",
  listAuditEntries: "GET /orgs/{org}/audit",
  getAuditHead: "GET /orgs/{org}/audit/head",
  createAgent: "POST /orgs/{org}/agents",
  listAgents: "GET /orgs/{org}/agents",
  getAgent: "GET /agents/{id}",
  patchAgent: "PATCH /agents/{id}",
  deleteAgent: "DELETE /agents/{id}",
  listAgentVersions: "GET /agents/{id}/versions",
  restoreAgentVersion: "POST /agents/{id}/versions/{n}/restore",
  createGroup: "POST /orgs/{org}/groups",
  listGroups: "GET /orgs/{org}/groups",
  getGroup: "GET /groups/{id}",
  patchGroup: "PATCH /groups/{id}",
  deleteGroup: "DELETE /groups/{id}",
  putMember: "PUT /groups/{id}/members/{member}",
  removeMember: "DELETE /groups/{id}/members/{member}",
  createRoutingToken: "POST /groups/{id}/token",
  listEvents: "GET /groups/{id}/events",
  listMessages: "GET /groups/{id}/messages",
  giveCommand: "POST /groups/{id}/commands",
  listRuns: "GET /groups/{id}/runs",
  getRun: "GET /groups/{id}/runs/{run}",
  getBriefing: "GET /groups/{id}/runs/{run}/turns/{n}/briefing",
  getMessage: "GET /groups/{id}/messages/{message}",
  searchGroup: "GET /groups/{id}/search",
  listSummaries: "GET /groups/{id}/summaries",
  listJobs: "GET /groups/{id}/jobs",
  archiveGroup: "POST /groups/{id}/archive",
  restoreGroup: "POST /groups/{id}/restore",
  forkGroup: "POST /groups/{id}/fork",
  exportGroup: "GET /groups/{id}/export",
  listSandboxes: "GET /groups/{id}/sandboxes",
  createSandbox: "POST /groups/{id}/sandboxes",
  getSandbox: "GET /groups/{id}/sandboxes/{sandbox}",
  destroySandbox: "DELETE /groups/{id}/sandboxes/{sandbox}",
  stopSandbox: "POST /groups/{id}/sandboxes/{sandbox}/stop",
  snapshotSandbox: "POST /groups/{id}/sandboxes/{sandbox}/snapshot",
  restoreSandbox: "POST /groups/{id}/sandboxes/{sandbox}/restore",
  execInSandbox: "POST /groups/{id}/sandboxes/{sandbox}/exec",
  listProcesses: "GET /groups/{id}/sandboxes/{sandbox}/processes",
  readProcess: "GET /groups/{id}/sandboxes/{sandbox}/processes/{process}/output",
  writeProcess: "POST /groups/{id}/sandboxes/{sandbox}/processes/{process}/input",
  endProcess: "DELETE /groups/{id}/sandboxes/{sandbox}/processes/{process}",
  listPorts: "GET /groups/{id}/sandboxes/{sandbox}/ports",
  readFile: "GET /groups/{id}/sandboxes/{sandbox}/files/{path+}",
  writeFile: "PUT /groups/{id}/sandboxes/{sandbox}/files/{path+}",
  deleteFile: "DELETE /groups/{id}/sandboxes/{sandbox}/files/{path+}",
  openPreview: "POST /groups/{id}/sandboxes/{sandbox}/preview",
  openTerminal: "POST /groups/{id}/sandboxes/{sandbox}/terminals",
  listTerminals: "GET /groups/{id}/sandboxes/{sandbox}/terminals",
  listCheckpoints: "GET /groups/{id}/sandboxes/{sandbox}/checkpoints",
  createCheckpoint: "POST /groups/{id}/sandboxes/{sandbox}/checkpoints",
  restoreCheckpoint: "POST /groups/{id}/sandboxes/{sandbox}/checkpoints/{checkpoint}/restore",
  listChanges: "GET /groups/{id}/sandboxes/{sandbox}/changes",
  undoChanges: "POST /groups/{id}/sandboxes/{sandbox}/undo",
  importGroup: "POST /orgs/{org}/groups/import",
} as const satisfies { readonly [K in OperationId]: RouteOf<K> };

type ParamIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${infer Bare}+` ? Bare : Name) | ParamIn<Rest>
  : never;
type InputOf<S> = S extends { _zod: { input: infer I } } ? I : never;
type OutputOf<S> = S extends { _zod: { output: infer O } } ? O : never;

/** What an operation answers: a page, one thing, or nothing. */
export type AnswerOf<K extends OperationId> = Operations[K] extends { list: infer S }
  ? Page<OutputOf<S>>
  : Operations[K] extends { answer: infer S }
    ? OutputOf<S>
    : void;

/** The body an operation takes, as a caller writes it (defaults may be left out). */
export type BodyOf<K extends OperationId> = Operations[K] extends { body: infer S }
  ? InputOf<S>
  : never;

export type RequestOf<K extends OperationId> = ([ParamIn<RouteOf<K>>] extends [never]
  ? { readonly params?: Record<string, never> }
  : { readonly params: Readonly<Record<ParamIn<RouteOf<K>>, string | number>> }) &
  ([BodyOf<K>] extends [never] ? { readonly body?: never } : { readonly body: BodyOf<K> }) & {
    readonly query?: Readonly<Record<string, string | number | undefined>>;
    /** The same key again is answered with the first outcome; left out, a fresh one is made. */
    readonly idempotencyKey?: string;
  };
