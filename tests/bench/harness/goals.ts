// The goals P1 to P21, each judged from figures alone: a ratio or an exact count against its bound, or "not measured".
import {
  atLongest,
  constantBytes,
  faster,
  firstTokenLimit,
  flat,
  leastAtAnyLength,
  missing,
  movedBeside,
  noDatabaseReads,
  ratio,
  value,
  type Condition,
} from "./conditions.ts";
import type { Figure } from "./figures.ts";
import { CONTEXT, FIGURES } from "./names.ts";

/** "met in part": what was measured holds, and something else was not measured. */
export type Verdict = "met" | "met in part" | "not met" | "not measured";

export interface Judgement {
  readonly goal: string;
  readonly what: string;
  readonly bound: string;
  readonly measured: string;
  readonly verdict: Verdict;
}

interface Goal {
  readonly goal: string;
  readonly what: string;
  readonly bound: string;
  readonly conditions: (figures: readonly Figure[]) => readonly Condition[];
}

const GOALS: readonly Goal[] = [
  {
    goal: "P1",
    what: "first token added, 1 client",
    bound: "≤ 0.33 × best peer, and ≤ 4.5 ms or 8 × bare room",
    conditions: (figures) => [
      ratio(figures, { name: FIGURES.firstTokenMs(1), against: "best peer", bound: 0.33 }),
      firstTokenLimit(figures),
    ],
  },
  {
    goal: "P2",
    what: "same, 10 and 50 clients",
    bound: "≤ 0.25 × and ≤ 0.10 × best peer; p95 ≤ 0.2 ×",
    conditions: (figures) => [
      ratio(figures, { name: FIGURES.firstTokenMs(10), against: "best peer", bound: 0.25 }),
      ratio(figures, { name: FIGURES.firstTokenMs(50), against: "best peer", bound: 0.1 }),
      ratio(figures, { name: FIGURES.firstTokenP95Ms(50), against: "best peer", bound: 0.2 }),
    ],
  },
  {
    goal: "P3",
    what: "CPU per 1,000 turns at 10 clients",
    bound: "≤ 0.33 × best peer",
    conditions: (figures) => [
      ratio(figures, { name: FIGURES.cpuPerThousandTurns, against: "best peer", bound: 0.33 }),
    ],
  },
  {
    goal: "P4",
    what: "200-token reply at full speed",
    bound: "≤ 0.35 × best peer",
    conditions: (figures) => [
      ratio(figures, { name: FIGURES.replyMs, against: "best peer", bound: 0.35 }),
    ],
  },
  {
    goal: "P5",
    what: "tokens relayed a second, 10 streams",
    bound: "≥ 3 × best peer, ≥ 0.3 × bare room",
    conditions: (figures) =>
      [
        { against: "best peer", bound: 3 } as const,
        { against: "bare-room", bound: 0.3 } as const,
      ].map((each) => ratio(figures, { name: FIGURES.tokensPerSecond, atLeast: true, ...each })),
  },
  {
    goal: "P6",
    what: "burst to 100 watchers",
    bound: "≥ 30 × faster than AIChatAgent, ≥ 5 × faster than bare room",
    conditions: (figures) => [
      faster(figures, FIGURES.burstMs, "AIChatAgent", 30),
      faster(figures, FIGURES.burstMs, "bare-room", 5),
    ],
  },
  {
    goal: "P7",
    what: "paced fan-out to 100 watchers",
    bound: "CPU ≤ 0.35 × AIChatAgent; last token within 35 ms",
    conditions: (figures) => [
      ratio(figures, { name: FIGURES.pacedCpu, against: "AIChatAgent", bound: 0.35 }),
      value(figures, { name: FIGURES.pacedDelayMs, max: 35, unit: "ms" }),
    ],
  },
  {
    goal: "P8",
    what: "bounded context and recall, longest group against 5,000 messages",
    bound: "tokens and bytes ≤ 1.1 ×, composing and time to the model ≤ 1.2 ×, 9 of 10 facts",
    conditions: (figures) => [
      flat(figures, { what: CONTEXT.tokens, bound: 1.1, unit: "tokens" }),
      flat(figures, { what: CONTEXT.mostTold, bound: 1.1, unit: "tokens at most" }),
      flat(figures, { what: CONTEXT.bytes, bound: 1.1, unit: "B" }),
      flat(figures, { what: CONTEXT.composeMicroseconds, bound: 1.2, unit: "µs composing" }),
      flat(figures, { what: CONTEXT.modelCallMs, bound: 1.2, unit: "ms to the model" }),
      atLongest(figures, { name: CONTEXT.facts, min: 9, unit: "of 10 facts" }),
    ],
  },
  {
    goal: "P9",
    what: "bytes per watcher and turn, long history",
    bound: "≤ 1.05 × those at none",
    conditions: (figures) => [constantBytes(figures)],
  },
  {
    goal: "P10",
    what: "authentication per run",
    bound: "≤ 0.3 ms CPU, 0 calls, forgeries refused",
    conditions: (figures) => [
      value(figures, { name: FIGURES.authenticationWarmMs, max: 0.3, unit: "ms" }),
      value(figures, { name: FIGURES.authenticationCalls, max: 0, unit: "calls" }),
      value(figures, { name: FIGURES.forgeriesAccepted, max: 0, unit: "forgeries accepted" }),
    ],
  },
  {
    goal: "P11",
    what: "database reads on the hot path",
    bound: "0 D1, 0 R2, 0 KV on the way; the moving of old events is told beside it",
    conditions: (figures) => [noDatabaseReads(figures), movedBeside(figures)],
  },
  {
    goal: "P12",
    what: "durable messages a second, one group of ten",
    bound: "≥ 2,000; two shards ≥ 1.6 × one",
    conditions: (figures) => [
      value(figures, { name: FIGURES.messagesPerSecond, min: 2000, unit: "/s" }),
      value(figures, { name: FIGURES.lostMessages, max: 0, unit: "lost" }),
      value(figures, { name: FIGURES.repeatedMessages, max: 0, unit: "twice" }),
      missing("two shards, which come later"),
    ],
  },
  {
    goal: "P13",
    what: "memory",
    bound: "≤ 350 kB a group, ≤ 25 kB a client, ≤ 190 MB at rest",
    conditions: (figures) => [
      value(figures, { name: FIGURES.groupKilobytes, max: 350, min: -350, unit: "kB a group" }),
      value(figures, { name: FIGURES.clientKilobytes, max: 25, min: -25, unit: "kB a client" }),
      value(figures, { name: FIGURES.restMegabytes, max: 190, unit: "MB" }),
    ],
  },
  {
    goal: "P14",
    what: "restart with 1,000,000 messages",
    bound: "resumed run done ≤ 250 ms of the runtime's; ready < 2 s",
    conditions: (figures) => [
      value(figures, { name: FIGURES.resumedMs, max: 250, unit: "ms" }),
      value(figures, { name: FIGURES.readyMs, max: 2000, unit: "ms to ready" }),
    ],
  },
  {
    goal: "P15",
    what: "hydration from R2, longest group against 5,000 messages",
    bound: "first visit ≤ 1.5 ×; ≤ 15 ms more than one of the open group",
    conditions: (figures) => [
      flat(figures, { what: CONTEXT.visitMs, bound: 1.5, unit: "ms" }),
      atLongest(figures, { name: CONTEXT.hydrationMs, max: 15, min: -15, unit: "ms more" }),
    ],
  },
  {
    goal: "P16",
    what: "verification of a signed request, p50",
    bound: "≤ 0.5 ms CPU, certificate cached or not",
    conditions: (figures) => [
      value(figures, { name: FIGURES.authenticationWarmP50Ms, max: 0.5, unit: "ms cached" }),
      value(figures, { name: FIGURES.authenticationP50Ms, max: 0.5, unit: "ms not cached" }),
    ],
  },
  {
    goal: "P17",
    what: "member removed to socket closed, p99",
    bound: "< 2 s; routing tokens from before refused",
    conditions: (figures) => [
      value(figures, { name: FIGURES.revocationP99Ms, max: 1999, unit: "ms" }),
      value(figures, { name: FIGURES.revokedTokensTaken, max: 0, unit: "tokens taken" }),
      value(figures, { name: FIGURES.revokedTokensRefused, min: 1, unit: "refused" }),
    ],
  },
  {
    goal: "P18",
    what: "the object's size, longest group against 5,000 messages",
    bound: "SQLite file ≤ 1.5 ×",
    conditions: (figures) => [
      flat(figures, { what: CONTEXT.objectKilobytes, bound: 1.5, unit: "kB" }),
    ],
  },
  {
    goal: "P19",
    what: "beginning of their prompts that four agents share",
    bound: "≥ 80 % at every length",
    conditions: (figures) => [
      leastAtAnyLength(figures, { name: CONTEXT.sharedPercent, min: 80, unit: "%" }),
    ],
  },
  {
    goal: "P20",
    what: "running true in a sandbox, and its cold start, p50",
    bound: "≤ 3 × a bare bubblewrap, ≤ 15 ms by the host's wire and by REST; ≤ 250 ms",
    conditions: (figures) => [
      ratio(figures, { name: FIGURES.sandboxTrueMs("p50"), against: "bubblewrap", bound: 3 }),
      value(figures, { name: FIGURES.sandboxTrueMs("p50"), max: 15, unit: "ms by the wire" }),
      value(figures, { name: FIGURES.sandboxRestTrueMs("p50"), max: 15, unit: "ms by REST" }),
      value(figures, {
        name: FIGURES.sandboxStartMs("without", "p50"),
        max: 250,
        unit: "ms to start",
      }),
    ],
  },
  {
    goal: "P21",
    what: "20 sandboxes at once",
    bound: "all answer, none over a limit, no program gets more than its sandbox may have",
    conditions: (figures) => [
      value(figures, { name: FIGURES.sandboxesOpened, min: 20, unit: "opened" }),
      value(figures, { name: FIGURES.sandboxesOverLimit, max: 0, unit: "over a limit" }),
      value(figures, { name: FIGURES.sandboxHogs, max: 0, unit: "hogs" }),
    ],
  },
];

/** Judges every goal. Does not tell what a verdict rests on beyond the words in `measured`. */
export function judge(figures: readonly Figure[]): Judgement[] {
  return GOALS.map(({ goal, what, bound, conditions }) => {
    const found = conditions(figures);
    const verdict = verdictOf(found);
    return { goal, what, bound, measured: wordsOf(found, verdict), verdict };
  });
}

function wordsOf(found: readonly Condition[], verdict: Verdict): string {
  if (verdict === "not measured" && found.length > 1) return "–";
  return [...new Set(found.map(({ text }) => text))].join("; ");
}

function verdictOf(conditions: readonly Condition[]): Verdict {
  if (conditions.some(({ holds }) => holds === false)) return "not met";
  const held = conditions.filter(({ holds }) => holds === true).length;
  if (held === 0) return "not measured";
  return held === conditions.length ? "met" : "met in part";
}
