// Which models this machine has, best first: what the user named, a custom base URL, keys in the environment, local
// servers, and always the rehearsal model. Pure: what answered on the machine comes in as a list.
import type { Environment } from "./flags.ts";
import type { LocalServer } from "./local-servers.ts";

export interface BuiltinModel {
  readonly provider: string;
  readonly kind: string;
  /** `provider/model`, as an agent names it. */
  readonly model: string;
  readonly label: string;
  /** Where it was found, in words for the user. */
  readonly via: string;
}

export interface BuiltinProvider {
  readonly kind: string;
  readonly baseUrl?: string;
  readonly apiKey?: string;
}

export interface Detected {
  readonly models: readonly BuiltinModel[];
  readonly providers: Readonly<Record<string, BuiltinProvider>>;
}

interface KnownProvider {
  readonly provider: string;
  readonly title: string;
  readonly variables: readonly string[];
  readonly kind: string;
  readonly baseUrl?: string;
  /** Its own name of the model; ours has the provider in front. */
  readonly model: string;
}

/** In order of preference when several keys are set. */
const KNOWN: readonly KnownProvider[] = [
  {
    provider: "anthropic",
    title: "Anthropic",
    variables: ["ANTHROPIC_API_KEY"],
    kind: "anthropic",
    model: "claude-sonnet-5-5",
  },
  {
    provider: "openai",
    title: "OpenAI",
    variables: ["OPENAI_API_KEY"],
    kind: "openai",
    model: "gpt-6.1-terra",
  },
  {
    provider: "google",
    title: "Google",
    variables: ["GOOGLE_GENERATIVE_AI_API_KEY", "GEMINI_API_KEY"],
    kind: "openai-compatible",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
    model: "gemini-flash-latest",
  },
  {
    provider: "openrouter",
    title: "OpenRouter",
    variables: ["OPENROUTER_API_KEY"],
    kind: "openai-compatible",
    baseUrl: "https://openrouter.ai/api/v1",
    model: "openrouter/auto",
  },
];

const REHEARSAL: BuiltinModel = {
  provider: "rehearsal",
  kind: "rehearsal",
  model: "rehearsal/rehearsal-1",
  label: "Rehearsal (rules, not an AI model)",
  via: "built in",
};

/** Puts together what was found. The rehearsal model is always there and last, unless the user names it. Checks no key. */
export function chooseModels(environment: Environment, servers: readonly LocalServer[]): Detected {
  const found = [
    ...customBase(environment, servers),
    ...keyed(environment),
    ...servers.filter(({ kind }) => kind !== "custom").flatMap(served),
  ];
  const providers: Record<string, BuiltinProvider> = {};
  for (const { model, provider } of found.toReversed()) providers[model.provider] = provider;
  return { models: [...found.map(({ model }) => model), REHEARSAL], providers };
}

/**
 * Moves the model the user named to the front, or adds it where its provider is known. Answers undefined when no such
 * provider was found; does not ask the provider whether it has the model.
 */
export function preferModel(detected: Detected, wanted: string): Detected | undefined {
  const provider = wanted.slice(0, wanted.indexOf("/"));
  const same = (entry: BuiltinModel) => entry.model === wanted;
  const kind = detected.models.find(same)?.kind ?? detected.providers[provider]?.kind;
  if (kind === undefined) return undefined;
  const label = `${wanted.slice(provider.length + 1)} (${provider})`;
  const named = detected.models.find(same) ?? {
    provider,
    kind,
    model: wanted,
    label,
    via: "--model",
  };
  return { ...detected, models: [named, ...detected.models.filter((entry) => !same(entry))] };
}

interface Found {
  readonly model: BuiltinModel;
  readonly provider: BuiltinProvider;
}

function customBase(environment: Environment, servers: readonly LocalServer[]): Found[] {
  const baseUrl = environment["OPENAI_BASE_URL"];
  if (!baseUrl) return [];
  const apiKey = environment["OPENAI_API_KEY"];
  const listed = servers.find(({ kind }) => kind === "custom")?.models ?? [];
  const names = environment["OPENAI_MODEL"]
    ? [environment["OPENAI_MODEL"]]
    : listed.length > 0
      ? listed
      : ["default"];
  const provider = { kind: "openai-compatible", baseUrl, ...(apiKey ? { apiKey } : {}) };
  return names.map((model) => ({
    model: {
      provider: "openai",
      kind: provider.kind,
      model: `openai/${model}`,
      label: `${model} (${hostOf(baseUrl)})`,
      via: "OPENAI_BASE_URL",
    },
    provider,
  }));
}

function keyed(environment: Environment): Found[] {
  return KNOWN.flatMap(({ provider, title, variables, kind, baseUrl, model }) => {
    const via = variables.find((name) => environment[name]);
    // With a base URL of its own the OpenAI key belongs to that server and must not be sent anywhere else.
    if (via === undefined || (provider === "openai" && environment["OPENAI_BASE_URL"])) return [];
    const apiKey = environment[via] ?? "";
    return [
      {
        model: { provider, kind, model: `${provider}/${model}`, label: `${model} (${title})`, via },
        provider: { kind, apiKey, ...(baseUrl === undefined ? {} : { baseUrl }) },
      },
    ];
  });
}

function served(server: LocalServer): Found[] {
  const provider = { kind: "openai-compatible", baseUrl: server.baseUrl };
  return server.models.map((model) => ({
    model: {
      provider: server.kind,
      kind: provider.kind,
      model: `${server.kind}/${model}`,
      label: `${model} (${server.title})`,
      via: `${server.title} on this machine`,
    },
    provider,
  }));
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
