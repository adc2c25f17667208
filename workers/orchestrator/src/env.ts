// Settings of the Orchestrator: bindings and variables read once per isolate, empty = unset, a missing one named.
import { parseAllowList } from "@acos/egress";
import { parseJson } from "@acos/protocol";

import {
  readSandboxCaps,
  readSpendingCaps,
  type CapVariables,
  type SandboxCaps,
  type SpendingCaps,
} from "./certificate-caps.ts";
import { readLimits, type LimitBindings, type LimitSettings } from "./limits/limit-settings.ts";
import { readPreviewDomain } from "./preview/preview-host.ts";

/** What the platform hands to every request; names as in wrangler.jsonc. */
export interface Bindings extends CapVariables, LimitBindings {
  readonly DB: D1Database;
  readonly AGENT_CACHE: KVNamespace;
  readonly GROUPS: DurableObjectNamespace;
  readonly ASSETS?: Fetcher;
  /** The launcher's keys, where one runs us; then the next three are not read. */
  readonly KEYS?: Fetcher;
  readonly CA_KEYS?: string;
  readonly MASTER_KEY?: string;
  readonly DATA_KEYS_SINCE?: string;
  readonly AUTH_SECRET?: string;
  readonly PUBLIC_ORIGINS?: string;
  readonly EMBEDDED?: string;
  readonly BUILTIN_MODELS?: string;
  readonly PREVIEW_DOMAIN?: string;
  readonly ALLOW_LOCAL_EGRESS?: string;
  readonly EGRESS_ALLOW?: string;
}

/** A model the installation itself offers. */
export interface BuiltinModel {
  readonly provider: string;
  readonly kind: string;
  /** `provider/model`, as an agent names it. */
  readonly model: string;
  readonly label: string;
}

export interface Settings {
  readonly authSecret: string;
  /** Exact origins a browser may come from; the first is the one links are written with. */
  readonly publicOrigins: readonly [string, ...string[]];
  readonly secure: boolean;
  readonly embedded: boolean;
  /** Both as the Agents Worker has them, so that what it would not call is refused when it is entered. */
  readonly allowLocalEgress: boolean;
  readonly egressAllow: readonly string[];
  /** What certificates allow their groups to spend. */
  readonly caps: SpendingCaps;
  /** How many sandboxes they may have running. */
  readonly sandboxCaps: SandboxCaps;
  /** Previews are at hosts below `preview.` of this; undefined where there are none. */
  readonly previewDomain: string | undefined;
  readonly limits: LimitSettings;
  /** Best first; never empty. */
  readonly builtinModels: readonly [BuiltinModel, ...BuiltinModel[]];
}

/** The rule-driven model every installation has, named here for the case that the variable is left out. */
const REHEARSAL: BuiltinModel = {
  provider: "rehearsal",
  kind: "rehearsal",
  model: "rehearsal/rehearsal-1",
  label: "Rehearsal (not an AI model)",
};

/** Reads the settings. Throws with the name of what is missing or wrong; never with a value. */
export function readSettings(bindings: Bindings): Settings {
  const publicOrigins = readOrigins(required(bindings, "PUBLIC_ORIGINS"));
  const embedded = bindings.EMBEDDED === "true";
  return {
    authSecret: required(bindings, "AUTH_SECRET"),
    publicOrigins,
    secure: publicOrigins[0].startsWith("https:"),
    embedded,
    limits: readLimits(bindings, embedded),
    allowLocalEgress: bindings.ALLOW_LOCAL_EGRESS === "true",
    egressAllow: parseAllowList(bindings.EGRESS_ALLOW),
    caps: readSpendingCaps(bindings),
    sandboxCaps: readSandboxCaps(bindings),
    previewDomain: readPreviewDomain(bindings.PREVIEW_DOMAIN, { embedded, publicOrigins }),
    builtinModels: readBuiltinModels(bindings.BUILTIN_MODELS ?? ""),
  };
}

type Variable = "AUTH_SECRET" | "PUBLIC_ORIGINS";

function required(bindings: Bindings, name: Variable): string {
  const value = bindings[name]?.trim() ?? "";
  if (value === "") throw new Error(`The Orchestrator needs ${name}: set it and start again.`);
  return value;
}

function readOrigins(list: string): readonly [string, ...string[]] {
  const origins = list.split(",").map((entry) => {
    const origin = URL.parse(entry.trim())?.origin;
    if (!origin?.startsWith("http"))
      throw new Error(
        "PUBLIC_ORIGINS must be a comma list of origins such as https://example.org.",
      );
    return origin;
  });
  return origins as [string, ...string[]];
}

function readList<T>(name: string, text: string): T[] {
  const list: unknown = parseJson(text, name);
  if (!Array.isArray(list) || list.length === 0)
    throw new Error(`${name} must be a JSON array with at least one entry.`);
  return list as T[];
}

function readBuiltinModels(text: string): readonly [BuiltinModel, ...BuiltinModel[]] {
  const found = text.trim() === "" ? [] : readList<BuiltinModel>("BUILTIN_MODELS", text);
  const models = found.map(({ provider, kind, model, label }) => ({
    provider,
    kind,
    label,
    model: model.startsWith(`${provider}/`) ? model : `${provider}/${model}`,
  }));
  const known = models.some((model) => model.kind === "rehearsal");
  return (known ? models : [...models, REHEARSAL]) as [BuiltinModel, ...BuiltinModel[]];
}
