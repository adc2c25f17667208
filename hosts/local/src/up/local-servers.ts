// Looks for model servers on this machine: loopback only, all at once, and told apart by what they answer, not by port.
import type { Environment } from "./flags.ts";

export interface LocalServer {
  readonly kind: "custom" | "ollama" | "lmstudio" | "llamacpp";
  readonly title: string;
  /** Base URL of its OpenAI-compatible face. */
  readonly baseUrl: string;
  readonly models: readonly string[];
}

export interface Candidate {
  readonly kind: LocalServer["kind"];
  readonly origin: string;
}

/** A server that hangs must not be noticed at start; one that lives answers on loopback in a few milliseconds. */
const PROBE_TIMEOUT_MS = 300;
/** More names than this help nobody to choose. */
const MODELS_MAX = 50;

/** Where the known servers listen unless their own variables say otherwise. Only loopback addresses are ever listed. */
export function localCandidates(environment: Environment): Candidate[] {
  const base = environment["OPENAI_BASE_URL"];
  const candidates: Candidate[] = [
    { kind: "ollama", origin: originOf(environment["OLLAMA_HOST"], 11_434) },
    { kind: "lmstudio", origin: "http://127.0.0.1:1234" },
    { kind: "llamacpp", origin: "http://127.0.0.1:8080" },
    ...(base ? [{ kind: "custom" as const, origin: base.replace(/\/+$/, "") }] : []),
  ];
  return candidates.filter(({ origin }) => isLoopback(origin));
}

/** Asks all candidates together; answers those that have a model, in the order given, within the time limit of one. */
export async function findLocalServers(
  candidates: readonly Candidate[],
  timeoutMs = PROBE_TIMEOUT_MS,
): Promise<LocalServer[]> {
  const signal = AbortSignal.timeout(timeoutMs);
  const answers = await Promise.all(candidates.map((candidate) => probe(candidate, signal)));
  return answers.filter(
    (server) => server !== undefined && server.models.length > 0,
  ) as LocalServer[];
}

async function probe(candidate: Candidate, signal: AbortSignal): Promise<LocalServer | undefined> {
  try {
    const server = await PROBES[candidate.kind](candidate.origin, signal);
    return { ...server, kind: candidate.kind, models: server.models.slice(0, MODELS_MAX) };
  } catch {
    return undefined; // Nobody there, somebody slow, or something else: not a server that we know.
  }
}

type Probe = (origin: string, signal: AbortSignal) => Promise<Omit<LocalServer, "kind">>;

const PROBES: Record<LocalServer["kind"], Probe> = {
  async ollama(origin, signal) {
    const tags = await getJson(`${origin}/api/tags`, signal);
    return { title: "Ollama", baseUrl: `${origin}/v1`, models: names(tags["models"], "name") };
  },
  async lmstudio(origin, signal) {
    const list = await getJson(`${origin}/api/v0/models`, signal);
    const chat = entries(list["data"]).filter((entry) => entry["type"] !== "embeddings");
    const loadedFirst = chat.toSorted(
      (left, right) => Number(right["state"] === "loaded") - Number(left["state"] === "loaded"),
    );
    return { title: "LM Studio", baseUrl: `${origin}/v1`, models: names(loadedFirst, "id") };
  },
  async llamacpp(origin, signal) {
    const props = await getJson(`${origin}/props`, signal);
    if (props["default_generation_settings"] === undefined) throw new Error("not llama.cpp");
    return {
      title: "llama.cpp",
      baseUrl: `${origin}/v1`,
      models: await listModels(`${origin}/v1`, signal),
    };
  },
  async custom(origin, signal) {
    return { title: origin, baseUrl: origin, models: await listModels(origin, signal) };
  },
};

async function listModels(baseUrl: string, signal: AbortSignal): Promise<string[]> {
  return names((await getJson(`${baseUrl}/models`, signal))["data"], "id");
}

async function getJson(url: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const response = await fetch(url, { signal, redirect: "error" });
  if (!response.ok || !(response.headers.get("content-type") ?? "").includes("json"))
    throw new Error(`no JSON at ${url}`);
  const body: unknown = await response.json();
  if (typeof body !== "object" || body === null) throw new Error(`no object at ${url}`);
  return body as Record<string, unknown>;
}

function entries(list: unknown): Record<string, unknown>[] {
  if (!Array.isArray(list)) throw new Error("not a list");
  return list.filter(
    (entry): entry is Record<string, unknown> => typeof entry === "object" && entry !== null,
  );
}

function names(list: unknown, member: string): string[] {
  return entries(list)
    .map((entry) => entry[member])
    .filter((name): name is string => typeof name === "string");
}

function originOf(text: string | undefined, port: number): string {
  if (!text) return `http://127.0.0.1:${port}`;
  const url = /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(url)) return `http://127.0.0.1:${port}`;
  const parsed = new URL(url);
  // Listening "everywhere" is what a server is told; to reach it one asks the loopback address.
  if (parsed.hostname === "0.0.0.0" || parsed.hostname === "[::]") parsed.hostname = "127.0.0.1";
  if (parsed.port === "" && parsed.protocol === "http:") parsed.port = String(port);
  return parsed.origin;
}

function isLoopback(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { hostname } = new URL(origin);
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
