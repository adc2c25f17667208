// Entry of the containers' Worker: the execution plane on Cloudflare, one container a sandbox, on the Sandbox Host's wire.
import { createContainersWorker } from "./containers-worker.ts";

export { SandboxContainer } from "./sandbox-container.ts";

export default createContainersWorker({
  now: () => Date.now(),
  // oxlint-disable-next-line no-console -- a Worker's log is its console
  log: (words) => console.warn(JSON.stringify({ event: "request failed", words })),
});
