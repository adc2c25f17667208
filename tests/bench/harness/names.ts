// Names of the figures that the goals are judged by: suites write them, goals.ts reads them.

export const FIGURES = {
  /** Time to first token over the direct call, by number of clients. */
  firstTokenMs: (clients: number) => `ttft: first token added, ${clients} at once, ms`,
  firstTokenP95Ms: (clients: number) => `ttft: first token added, ${clients} at once, p95 ms`,
  cpuPerThousandTurns: "ttft: CPU per 1,000 turns at 10 clients, s",
  replyMs: "stream: 200-token reply added, ms",
  tokensPerSecond: "stream: tokens relayed a second, 10 streams",
  burstMs: "fanout: burst to all watchers added, ms",
  pacedCpu: "fanout: CPU of a paced reply to all watchers, s",
  pacedDelayMs: "fanout: last token of a paced reply added, ms",
  watcherBytes: (messages: number) => `watchers: bytes a turn at ${messages} messages`,
  messagesPerSecond: "messages: acknowledged a second, one group of ten",
  lostMessages: "messages: acknowledged and lost by a kill -9",
  repeatedMessages: "messages: twice in the log after a kill -9",
  authenticationMs: "auth: CPU of one verification, nothing cached, ms",
  authenticationWarmMs: "auth: CPU of one verification, certificate cached, ms",
  authenticationCalls: "auth: calls of bindings",
  forgeriesAccepted: "auth: forged, replayed or expired requests accepted",
  forgeriesRefused: "auth: forged, replayed or expired requests refused",
  hotCalls: (kind: string, per: string) => `hotpath-reads: ${kind}, ${per}`,
  restMegabytes: "memory: at rest, MB",
  groupKilobytes: "memory: per connected group, kB",
  clientKilobytes: "memory: per further client, kB",
  readyMs: "restart: kill -9 to ready, whole product, ms",
  resumedMs: "restart: runtime's start to the resumed run's end, ms",
} as const;
