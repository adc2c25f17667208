// The peer's development server with one graph: `node serve.mjs <model URL> <data>`.
import { createServer } from "node:net";

const [modelUrl, data] = process.argv.slice(2);
Object.assign(process.env, {
  MODEL_URL: modelUrl,
  LANGSMITH_TRACING: "false",
  LANGCHAIN_TRACING_V2: "false",
  LOG_LEVEL: "error",
});
const { startServer } = await import("@langchain/langgraph-api/server");
const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const free = probe.address().port;
    probe.close(() => resolve(free));
  });
});
const graph = new URL("./graph.mjs", import.meta.url).pathname;
await startServer({
  port,
  host: "127.0.0.1",
  // More workers than the largest number of clients at once, so that no run waits for a place.
  nWorkers: 64,
  cwd: data,
  graphs: { bench: `${graph}:graph` },
});
process.stdout.write(`listening http://127.0.0.1:${port}\n`);
