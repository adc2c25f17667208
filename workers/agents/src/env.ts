// What this Worker is started with: bindings as the runtime hands them over, parsed once into what the parts need.
import { parseAllowList, type EgressPolicy } from "@acos/egress";
import { PROVIDER_KINDS, type ProviderKind } from "@acos/protocol";

import type { ProviderAccess } from "./models/providers.ts";
import { parseNetworks, type NetworkBindings, type Networks } from "./networks.ts";

/** Pause between two words of the rehearsal model: reads like speech, and a long answer still takes seconds. */
const REHEARSAL_DELAY_MS = 15;

/** The part of a KV namespace that is used; local and staleness-simulating ones fit too. */
export interface RecordCache {
  get(
    key: string,
    options: { readonly type: "arrayBuffer"; readonly cacheTtl: number },
  ): Promise<ArrayBuffer | null>;
  put(key: string, value: ArrayBuffer): Promise<void>;
}

/** The part of a service binding that is used. */
export interface RecordSource {
  fetch(url: string): Promise<Response>;
}

/** The part of the binding to the Group Controller's `ToolCallClaims` that is used. */
export interface ClaimDesk {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** Bindings, named as in the deployment's configuration. An empty variable counts as unset. */
export interface AgentsBindings extends NetworkBindings {
  readonly AGENT_CACHE: RecordCache;
  readonly RECORDS: RecordSource;
  /** Absent only while the first deploy is under way: calls with an effect are refused then. */
  readonly CLAIMS?: ClaimDesk;
  /** Opens sealed keys and secrets (base64url, 32 bytes each; several while one takes the place of another). */
  readonly MASTER_KEY?: string;
  /** The launcher's keys, where one runs us; MASTER_KEY is then not read. */
  readonly KEYS?: RecordSource;
  /** JSON: `{name: {kind, baseUrl?, apiKey?}}`. */
  readonly BUILTIN_PROVIDERS?: string;
  /** "true" lets model providers' base URLs be loopback or private; never HTTP tools. */
  readonly ALLOW_LOCAL_EGRESS?: string;
  /** Comma list of host or host:port that may be reached although local. */
  readonly EGRESS_ALLOW?: string;
  readonly REHEARSAL_DELAY_MS?: string;
}

/** Where the master keys are read. */
export interface MasterKeyParts {
  /** The deployment's secret MASTER_KEY. */
  readonly text: string | undefined;
  /** The launcher, where one runs us; it wins. */
  readonly launcher: RecordSource | undefined;
}

export interface Env {
  readonly cache: RecordCache;
  readonly records: RecordSource;
  readonly claims: ClaimDesk | undefined;
  readonly masterKeys: MasterKeyParts;
  readonly builtinProviders: ReadonlyMap<string, ProviderAccess>;
  readonly providerEgress: EgressPolicy;
  readonly toolEgress: EgressPolicy;
  /** Absent where the runtime has one network for all. */
  readonly networks: Networks | undefined;
  readonly rehearsalDelayMs: number;
}

/** Parses the bindings. Throws Error naming the variable that is wrong, and never its value. */
export function parseEnv(bindings: AgentsBindings): Env {
  const allow = parseAllowList(bindings.EGRESS_ALLOW);
  return {
    cache: bindings.AGENT_CACHE,
    records: bindings.RECORDS,
    claims: bindings.CLAIMS,
    masterKeys: { text: bindings.MASTER_KEY || undefined, launcher: bindings.KEYS },
    builtinProviders: parseProviders(bindings.BUILTIN_PROVIDERS || "{}"),
    providerEgress: { local: bindings.ALLOW_LOCAL_EGRESS === "true", allow },
    toolEgress: { local: false, allow },
    networks: parseNetworks(bindings),
    rehearsalDelayMs: parseDelay(bindings.REHEARSAL_DELAY_MS),
  };
}

function parseDelay(text: string | undefined): number {
  if (text === undefined || text === "") return REHEARSAL_DELAY_MS;
  const delayMs = Number(text);
  if (!(delayMs >= 0 && delayMs <= 60_000))
    throw new Error("REHEARSAL_DELAY_MS must be 0 to 60000.");
  return delayMs;
}

function parseProviders(text: string): ReadonlyMap<string, ProviderAccess> {
  const providers = new Map<string, ProviderAccess>();
  for (const [name, value] of Object.entries(parseObject(text))) {
    const { kind, baseUrl, apiKey } = asObject(value);
    if (!isProviderKind(kind))
      throw new Error(
        `BUILTIN_PROVIDERS: the kind of "${name}" must be one of ${PROVIDER_KINDS.join(", ")}.`,
      );
    providers.set(name, { name, kind, baseUrl: textOrNone(baseUrl), apiKey: textOrNone(apiKey) });
  }
  return providers;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(text));
  } catch {
    // The parser's own words would quote a piece of the value, and with it perhaps a key.
    throw new Error("BUILTIN_PROVIDERS must be a JSON object.");
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error("BUILTIN_PROVIDERS: every provider must be an object.");
  return value as Readonly<Record<string, unknown>>;
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isProviderKind(value: unknown): value is ProviderKind {
  return PROVIDER_KINDS.some((kind) => kind === value);
}
