import { createServer } from "node:http";

import { afterEach, describe, expect, it } from "vitest";

import { detectModels } from "../src/up/detect-models.ts";
import { findLocalServers, localCandidates } from "../src/up/local-servers.ts";
import { chooseModels, preferModel } from "../src/up/models.ts";
import { UsageError } from "../src/usage-error.ts";

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
});

/** A server on loopback; a route that is `hang` never answers. */
async function serve(routes: Record<string, unknown>): Promise<string> {
  const server = createServer((request, response) => {
    const body = routes[request.url ?? ""];
    if (body === "hang") return;
    response
      .writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" })
      .end(JSON.stringify(body ?? {}));
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  opened.push({ close: () => (server.closeAllConnections(), server.close()) });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

function listener() {
  const lines: string[] = [];
  const write = (message: string) => void lines.push(message);
  return { lines, log: { info: write, warn: write, error: write } };
}

const names = (models: readonly { model: string }[]) => models.map(({ model }) => model);

describe("choice of models", () => {
  it("[M1] with nothing found, the rehearsal model serves", () => {
    const { models, providers } = chooseModels({}, []);
    expect(names(models)).toEqual(["rehearsal/rehearsal-1"]);
    expect(providers).toEqual({});
  });

  it("[M1] stands custom base URL before keys, keys before local servers, rehearsal last", () => {
    const servers = [
      {
        kind: "ollama" as const,
        title: "Ollama",
        baseUrl: "http://127.0.0.1:11434/v1",
        models: ["qwen3:4b"],
      },
    ];
    const environment = {
      OPENAI_BASE_URL: "http://127.0.0.1:9/v1",
      OPENAI_MODEL: "mine",
      ANTHROPIC_API_KEY: "a",
      OPENROUTER_API_KEY: "r",
    };
    const { models } = chooseModels(environment, servers);
    expect(models.map(({ provider }) => provider)).toEqual([
      "openai",
      "anthropic",
      "openrouter",
      "ollama",
      "rehearsal",
    ]);
    expect(models[0]).toMatchObject({
      kind: "openai-compatible",
      model: "openai/mine",
      via: "OPENAI_BASE_URL",
    });
  });

  it("[M1] puts what the user names first and keeps the rest", () => {
    const found = chooseModels({ ANTHROPIC_API_KEY: "a" }, []);
    const named = preferModel(found, "anthropic/claude-x");
    expect(names(named?.models ?? [])[0]).toBe("anthropic/claude-x");
    expect(names(named?.models ?? []).at(-1)).toBe("rehearsal/rehearsal-1");
    expect(names(preferModel(found, "rehearsal/rehearsal-1")?.models ?? [])[0]).toBe(
      "rehearsal/rehearsal-1",
    );
  });

  it("[M6] sends the OpenAI key to the custom base URL alone", () => {
    const { providers } = chooseModels(
      { OPENAI_API_KEY: "secret", OPENAI_BASE_URL: "https://models.example/v1" },
      [],
    );
    expect(providers["openai"]).toEqual({
      kind: "openai-compatible",
      baseUrl: "https://models.example/v1",
      apiKey: "secret",
    });
    expect(Object.values(providers).filter(({ apiKey }) => apiKey === "secret")).toHaveLength(1);
  });

  it("[M5] refuses a model whose provider was not found, and names those that were", async () => {
    const wanted = detectModels("mistral/large", {
      environment: { ACOS_DETECT: "off" },
      log: listener().log,
    });
    await expect(wanted).rejects.toThrow(UsageError);
    await expect(wanted).rejects.toThrow("rehearsal");
  });
});

describe("looking around", () => {
  it("[M2] knows each server by what it answers", async () => {
    const ollama = await serve({ "/api/tags": { models: [{ name: "qwen3:4b" }] } });
    const studio = await serve({
      "/api/v0/models": {
        data: [
          { id: "idle", type: "llm", state: "not-loaded" },
          { id: "vectors", type: "embeddings" },
          { id: "warm", type: "llm", state: "loaded" },
        ],
      },
    });
    const llama = await serve({
      "/props": { default_generation_settings: {} },
      "/v1/models": { data: [{ id: "m.gguf" }] },
    });
    const other = await serve({ "/": { hello: 1 } });
    const found = await findLocalServers([
      { kind: "ollama", origin: ollama },
      { kind: "lmstudio", origin: studio },
      { kind: "llamacpp", origin: llama },
      { kind: "ollama", origin: other },
      { kind: "llamacpp", origin: studio },
    ]);
    expect(found.map(({ kind, models }) => [kind, models])).toEqual([
      ["ollama", ["qwen3:4b"]],
      ["lmstudio", ["warm", "idle"]],
      ["llamacpp", ["m.gguf"]],
    ]);
    expect(found[0]?.baseUrl).toBe(`${ollama}/v1`);
  });

  it("[M2] never lists an address beyond loopback", () => {
    const origins = (environment: Record<string, string>) =>
      localCandidates(environment).map(({ origin }) => origin);
    expect(origins({ OLLAMA_HOST: "0.0.0.0" })).toContain("http://127.0.0.1:11434");
    expect(
      origins({
        OLLAMA_HOST: "10.0.0.5:11434",
        OPENAI_BASE_URL: "https://models.example/v1",
      }).filter((origin) => !origin.includes("127.0.0.1")),
    ).toEqual([]);
    expect(origins({ OPENAI_BASE_URL: "http://localhost:9100/v1/" })).toContain(
      "http://localhost:9100/v1",
    );
  });

  it("[M3] is done in under 400 ms when a server hangs", async () => {
    const hanging = await serve({ "/api/tags": "hang", "/api/v0/models": "hang" });
    const living = await serve({
      "/props": { default_generation_settings: {} },
      "/v1/models": { data: [{ id: "m" }] },
    });
    const began = performance.now();
    const found = await findLocalServers([
      { kind: "ollama", origin: hanging },
      { kind: "lmstudio", origin: hanging },
      { kind: "llamacpp", origin: living },
    ]);
    expect(performance.now() - began).toBeLessThan(400);
    expect(found.map(({ kind }) => kind)).toEqual(["llamacpp"]);
  });

  it("[M4] tells which variable is used and never the key", async () => {
    const { lines, log } = listener();
    await detectModels(undefined, {
      environment: { ANTHROPIC_API_KEY: "sk-secret", OLLAMA_HOST: "127.0.0.1:1" },
      log,
    });
    expect(lines).toContain("anthropic via ANTHROPIC_API_KEY");
    expect(lines.join()).not.toContain("sk-secret");
  });

  it("[M7] looks at nothing when told so", async () => {
    const base = await serve({ "/models": { data: [{ id: "m" }] } });
    const environment = { ACOS_DETECT: "off", ANTHROPIC_API_KEY: "a", OPENAI_BASE_URL: base };
    const { models } = await detectModels(undefined, { environment, log: listener().log });
    expect(names(models)).toEqual(["rehearsal/rehearsal-1"]);
  });
});
