// The Workers and how they are bound: one runtime process for orchestrator, group controller, data and web app, and one
// for the agents Worker alone, because a runtime process is one thread.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { V4WorkerOptions } from "miniflare";

import type { ControlDoor } from "./control-server.ts";
import type { Environment } from "./flags.ts";
import type { Detected } from "./models.ts";
import { closedDoor, networks, NO_WAY_OUT } from "./networks.ts";
import { ARCHIVE_ID, CACHE_ID, COMPATIBILITY, DATABASE_ID } from "./runtime-options.ts";

export interface Plan {
  readonly host: string;
  readonly port: number;
  /** Inner loopback ports, chosen anew at every start. */
  readonly gatewayPort: number;
  readonly agentsPort: number;
  /** Proves to the inner ports that a caller belongs to this start. */
  readonly innerSecret: string;
  /** Where the Workers read their keys. */
  readonly control: Pick<
    ControlDoor,
    "port" | "orchestratorSecret" | "agentsSecret" | "doorSecret"
  >;
  readonly authSecret: string;
  /** Where the Sandbox Host listens, or will, and what it must be shown. */
  readonly sandboxes: { readonly port: number; readonly secret: string };
  readonly detected: Detected;
  /** Folder of the bundles: `<worker>/index.js` and `embedding/`. */
  readonly bundles: string;
  readonly webFolder: string;
  readonly environment: Environment;
}

const SECRET_HEADER = "acos-inner-secret";
const SANDBOX_DOOR = "sandbox-door";
/** Generous on one's own machine, where scripts and tests share an address; the protocol's limit holds on Cloudflare. */
const FRAMES_PER_MINUTE = "6000";
/** The orchestrator's own names; here they are set with ACOS_ in front. */
const SPENDING_LIMITS = [
  "TURN_MAX_TOKENS",
  "TURN_MAX_DOLLARS",
  "CERTIFICATE_MAX_TURNS",
  "CERTIFICATE_MAX_TOKENS",
  "CERTIFICATE_MAX_DOLLARS",
  "CERTIFICATE_MAX_SANDBOXES",
];
/** How much users and orgs may ask for; addresses are not counted on one's own machine. */
const REQUEST_LIMITS = [
  "REQUESTS_PER_MINUTE_USER",
  "REQUESTS_PER_MINUTE_ORG",
  "TOKENS_PER_MINUTE_USER",
  "PREVIEW_REQUESTS_PER_MINUTE_USER",
] as const;
/** Where previews are served; left out: below localhost. */
const PREVIEW_DOMAIN = "PREVIEW_DOMAIN";
/** Between the words of the rehearsal model: slow enough to be seen streaming. */
const REHEARSAL_DELAY_MS = "15";

/** The deployed Workers stay as they are; these few lines put the embedded ones' shells around them. */
const AGENTS_ENTRY = `import worker from "./agents/index.js";
import { embedAgents } from "./embedding/agents-shell.js";
export default embedAgents(worker);
`;
const GROUP_CONTROLLER_ENTRY = `import worker, { GroupController as Inner } from "./group-controller/index.js";
import { embedGroupController } from "./embedding/group-shell.js";
export { ToolCallClaims } from "./group-controller/index.js";
export const { GroupController, Lifecycle } = embedGroupController(Inner);
export default worker;
`;

/** Everything but the agents Worker. */
export function mainWorkers(plan: Plan): V4WorkerOptions[] {
  const bound = [orchestrator(plan), groupController(plan), gateway(plan), sandboxDoor(plan)];
  return [closedDoor(), ...bound, web(plan)];
}

/** The agents Worker alone; its cache, the orchestrator's records and the groups lie in the main process. */
export function agentsWorkers(plan: Plan): V4WorkerOptions[] {
  const toMain = external(plan.gatewayPort, plan.innerSecret);
  const shell: V4WorkerOptions = {
    name: "agents",
    ...COMPATIBILITY,
    ...modules(plan.bundles, [
      { path: "agents-entry.js", contents: AGENTS_ENTRY },
      { path: "agents/index.js" },
      { path: "embedding/agents-shell.js" },
    ]),
    unsafeDirectSockets: [{ host: "127.0.0.1", port: plan.agentsPort }],
    ...NO_WAY_OUT,
    serviceBindings: {
      RECORDS: toMain,
      CLAIMS: toMain,
      CACHE: toMain,
      KEYS: external(plan.control.port, plan.control.agentsSecret),
      ...networks(plan.environment),
    },
    bindings: {
      INNER_SECRET: plan.innerSecret,
      BUILTIN_PROVIDERS: JSON.stringify(plan.detected.providers),
      ...egressPolicy(plan),
      REHEARSAL_DELAY_MS: plan.environment["ACOS_REHEARSAL_DELAY_MS"] || REHEARSAL_DELAY_MS,
    },
  };
  return [closedDoor(), shell];
}

/** What may be called, told alike to the Worker where addresses are entered and to the one that calls them. */
function egressPolicy({ environment }: Plan) {
  return { ALLOW_LOCAL_EGRESS: "true", EGRESS_ALLOW: environment["ACOS_EGRESS_ALLOW"] ?? "" };
}

/** Origins a browser may come from: the chosen host, and both names of this machine. */
function trustedOrigins(host: string, port: number): string[] {
  const named = host === "0.0.0.0" || host === "::" ? [] : [urlHost(host)];
  return [...new Set(["localhost", "127.0.0.1", ...named])].map((name) => `http://${name}:${port}`);
}

/** A host as it stands in a URL. */
export function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function orchestrator(plan: Plan): V4WorkerOptions {
  return {
    name: "orchestrator",
    ...COMPATIBILITY,
    ...NO_WAY_OUT,
    ...modules(join(plan.bundles, "orchestrator"), [{ path: "index.js" }]),
    // Straight into the Worker: the simulator's own entry costs ten times as much and trusts headers it must not.
    unsafeDirectSockets: [{ host: plan.host, port: plan.port }],
    d1Databases: { DB: DATABASE_ID },
    kvNamespaces: { AGENT_CACHE: CACHE_ID },
    durableObjects: {
      GROUPS: { className: "GroupController", scriptName: "group-controller", useSQLite: true },
    },
    serviceBindings: {
      ASSETS: "web",
      KEYS: external(plan.control.port, plan.control.orchestratorSecret),
    },
    bindings: {
      AUTH_SECRET: plan.authSecret,
      PUBLIC_ORIGINS: trustedOrigins(plan.host, plan.port).join(","),
      EMBEDDED: "true",
      BUILTIN_MODELS: JSON.stringify(plan.detected.models),
      ...egressPolicy(plan),
      ...ownLimits(plan.environment),
    },
  };
}

/** The Orchestrator has numbers of its own for these; what is set changes them, and it refuses what is no number. */
function ownLimits(environment: Environment): Record<string, string> {
  const names = [...SPENDING_LIMITS, ...REQUEST_LIMITS, PREVIEW_DOMAIN];
  return Object.fromEntries(names.map((name) => [name, environment[`ACOS_${name}`] ?? ""]));
}

function groupController(plan: Plan): V4WorkerOptions {
  return {
    name: "group-controller",
    ...COMPATIBILITY,
    ...NO_WAY_OUT,
    ...modules(plan.bundles, [
      { path: "group-controller-entry.js", contents: GROUP_CONTROLLER_ENTRY },
      { path: "group-controller/index.js" },
      { path: "embedding/group-shell.js" },
    ]),
    durableObjects: { GROUPS: { className: "GroupController", useSQLite: true } },
    r2Buckets: { ARCHIVE: ARCHIVE_ID },
    serviceBindings: {
      AGENTS: external(plan.agentsPort, plan.innerSecret),
      AUTHORITY: { name: "orchestrator", entrypoint: "CertificateAuthority" },
      DIRECTORY: { name: "orchestrator", entrypoint: "GroupDirectory" },
      AUDIT: { name: "orchestrator", entrypoint: "AuditTrail" },
      SANDBOXES: SANDBOX_DOOR,
    },
    bindings: {
      FRAMES_PER_MINUTE: plan.environment["ACOS_FRAMES_PER_MINUTE"] || FRAMES_PER_MINUTE,
    },
  };
}

function gateway(plan: Plan): V4WorkerOptions {
  return {
    name: "gateway",
    ...COMPATIBILITY,
    ...NO_WAY_OUT,
    ...modules(plan.bundles, [{ path: "embedding/gateway.js" }]),
    unsafeDirectSockets: [{ host: "127.0.0.1", port: plan.gatewayPort }],
    kvNamespaces: { AGENT_CACHE: CACHE_ID },
    serviceBindings: {
      RECORDS: { name: "orchestrator", entrypoint: "AgentRecords" },
      KEY_CARE: { name: "orchestrator", entrypoint: "KeyCare" },
      CLAIMS: { name: "group-controller", entrypoint: "ToolCallClaims" },
      LIFECYCLE: { name: "group-controller", entrypoint: "Lifecycle" },
      SANDBOX_SECRETS: { name: "orchestrator", entrypoint: "SandboxSecrets" },
    },
    bindings: { INNER_SECRET: plan.innerSecret },
  };
}

/** Stands before the Sandbox Host, which comes up after the Workers, may be brought back, and may not be there at all. */
function sandboxDoor(plan: Plan): V4WorkerOptions {
  return {
    name: SANDBOX_DOOR,
    ...COMPATIBILITY,
    ...NO_WAY_OUT,
    ...modules(plan.bundles, [{ path: "embedding/sandbox-door.js" }]),
    serviceBindings: {
      HOST: external(plan.sandboxes.port, plan.sandboxes.secret),
      LAUNCHER: external(plan.control.port, plan.control.doorSecret),
    },
  };
}

/** Static files in a Worker of their own: a file router on the orchestrator would cost every request half a millisecond. */
function web(plan: Plan): V4WorkerOptions {
  const script =
    'export default { fetch: () => new Response("The web app is not built.", { status: 404 }) }';
  const page = { name: "web", ...COMPATIBILITY, ...NO_WAY_OUT, modules: true, script };
  if (!existsSync(join(plan.webFolder, "index.html"))) return page;
  return {
    ...page,
    assets: {
      directory: plan.webFolder,
      routerConfig: { has_user_worker: false },
      assetConfig: { not_found_handling: "single-page-application" },
    },
  };
}

function external(port: number, secret: string) {
  const http = { injectRequestHeaders: [{ name: SECRET_HEADER, value: secret }] };
  return { external: { address: `127.0.0.1:${port}`, http } };
}

function modules(
  root: string,
  files: readonly { readonly path: string; readonly contents?: string }[],
) {
  const module = ({ path, contents }: { readonly path: string; readonly contents?: string }) => ({
    type: "ESModule" as const,
    path: join(root, path),
    contents: contents ?? readFileSync(join(root, path), "utf8"),
  });
  return { modules: files.map(module), modulesRoot: root };
}
