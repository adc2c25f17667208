// Entry of the Agents Worker, the reasoning plane: stateless, POST /turns, /summaries and /tool-calls, each signed.
import { createAgentsWorker } from "./agents-worker.ts";
import { systemClock } from "./clock.ts";

export default createAgentsWorker({
  clock: systemClock,
  // oxlint-disable-next-line no-restricted-globals -- the one place where the platform's network is handed in
  fetcher: (url, init) => fetch(url, init),
  // oxlint-disable-next-line no-console -- a Worker's log is its console
  log: (event, fields) => console.warn(JSON.stringify({ event, ...fields })),
});
