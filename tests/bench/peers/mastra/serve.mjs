// The peer's own Node server (the one that `mastra build` bundles) with one agent: `node serve.mjs <model URL> <data>`.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Agent } from "@mastra/core/agent";
import { Mastra } from "@mastra/core/mastra";
import { createNodeServer } from "@mastra/deployer/server";
import { LibSQLStore } from "@mastra/libsql";
import { Memory } from "@mastra/memory";

const [modelUrl, data] = process.argv.slice(2);
const provider = createOpenAICompatible({ name: "fake", baseURL: modelUrl, apiKey: "none" });
const storage = new LibSQLStore({ id: "bench", url: `file:${data}/mastra.db` });
const agent = new Agent({
  id: "bench",
  name: "bench",
  instructions: "Answer.",
  model: ({ requestContext }) => provider(requestContext.get("model")),
  memory: new Memory({ storage }),
});
const { createServer } = await import("node:net");
const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const free = probe.address().port;
    probe.close(() => resolve(free));
  });
});
const mastra = new Mastra({
  agents: { bench: agent },
  storage,
  logger: false,
  telemetry: { enabled: false },
  server: { port, host: "127.0.0.1" },
});
await createNodeServer(mastra, { tools: {} });
process.stdout.write(`listening http://127.0.0.1:${port}\n`);
