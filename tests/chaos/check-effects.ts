// Effects: what reached the outside was allowed by a member, written down before, and happened at most once.
import type { EventOf, LogEvent } from "@acos/protocol";

import type { EffectHit } from "../effect-server.ts";
import { canonical, groupBy, type Outcome, type Violation } from "./history.ts";

/** Rules K11 to K13. */
export function checkEffects(outcome: Outcome): Violation[] {
  const calls = callsOf(outcome.log);
  return [
    ...checkOnce(outcome.hits),
    ...outcome.hits.flatMap((hit) => checkExplained(hit, calls)),
    ...[...calls.values()].flatMap(checkCall),
  ];
}

/** The life of one tool call, with the seq of each step. */
interface CallLife {
  readonly call: string;
  made?: EventOf<"tool-call-made">;
  readonly asked: EventOf<"approval-asked">[];
  readonly decided: { readonly seq: number; readonly event: EventOf<"approval-decided"> }[];
  readonly dispatched: { readonly seq: number; readonly event: EventOf<"tool-call-dispatched"> }[];
  readonly results: { readonly seq: number; readonly event: EventOf<"tool-result-received"> }[];
}

function callsOf(log: readonly LogEvent[]): Map<string, CallLife> {
  const calls = new Map<string, CallLife>();
  const lifeOf = (call: string): CallLife => {
    const life = calls.get(call) ?? { call, asked: [], decided: [], dispatched: [], results: [] };
    calls.set(call, life);
    return life;
  };
  for (const { seq, event } of log) {
    if (event.kind === "tool-call-made") lifeOf(event.call).made = event;
    if (event.kind === "approval-asked") lifeOf(event.call).asked.push(event);
    if (event.kind === "approval-decided") lifeOf(event.call).decided.push({ seq, event });
    if (event.kind === "tool-call-dispatched") lifeOf(event.call).dispatched.push({ seq, event });
    if (event.kind === "tool-result-received") lifeOf(event.call).results.push({ seq, event });
  }
  return calls;
}

/**
 * Every request names the call it was made for. Two with the same words may be two calls: a run whose message was edited
 * meanwhile does what the last message before it asks for.
 */
const callOf = ({ headers }: EffectHit) => headers["idempotency-key"] ?? "no call";

const said = (hit: EffectHit) => `${hit.method} ${hit.path} ${hit.body} as ${callOf(hit)}`;

function checkOnce(hits: readonly EffectHit[]): Violation[] {
  return [...groupBy(hits, callOf)]
    .filter(([, same]) => same.length > 1)
    .map(([call, same]) => ({
      rule: "K11",
      text: `${call} happened ${same.length} times: ${same.map((hit) => `${said(hit)} at ${hit.at}`).join(", ")}`,
    }));
}

function checkExplained(hit: EffectHit, calls: ReadonlyMap<string, CallLife>): Violation[] {
  const life = calls.get(callOf(hit));
  const isExplained =
    life !== undefined &&
    life.dispatched.length > 0 &&
    sentArguments(life).some((sent) => explains(sent, hit));
  return isExplained
    ? []
    : [{ rule: "K12", text: `no dispatched call of the log says ${said(hit)}` }];
}

/** With which arguments a call may have gone out: as approved, or as made where nobody had to approve. */
function sentArguments(life: CallLife): unknown[] {
  const approved = life.decided.filter(({ event }) => event.decision === "approve");
  if (approved.length > 0) return approved.map(({ event }) => event.arguments);
  return life.made === undefined || life.made.effect ? [] : [life.made.arguments];
}

function explains(sent: unknown, hit: EffectHit): boolean {
  const { method, path, body } = sent as { method?: unknown; path?: unknown; body?: unknown };
  const text = body === undefined ? "" : typeof body === "string" ? body : canonical(body);
  return method === hit.method && path === hit.path && text === canonicalText(hit.body);
}

function canonicalText(body: string): string {
  try {
    return canonical(JSON.parse(body));
  } catch {
    return body;
  }
}

function checkCall(life: CallLife): Violation[] {
  const violations: Violation[] = [];
  const broken = (text: string) => violations.push({ rule: "K13", text: `${life.call}: ${text}` });
  for (const step of ["asked", "decided", "dispatched", "results"] as const) {
    // A call that only reads may be made again when its outcome was lost.
    if (step === "dispatched" && life.made?.effect === false) continue;
    if (life[step].length > 1) broken(`${step} ${life[step].length} times`);
  }
  if (life.made === undefined) broken("was never made");
  const dispatch = life.dispatched[0];
  const decision = life.decided[0];
  if (dispatch !== undefined && life.made?.effect === true) {
    if (
      decision === undefined ||
      decision.seq > dispatch.seq ||
      decision.event.decision !== "approve"
    )
      broken("was dispatched without an approval before it");
    else if (decision.event.digest !== dispatch.event.digest)
      broken("was dispatched with other arguments than those approved");
  }
  const result = life.results[0];
  if (result !== undefined && !result.event.result.isError) {
    if (dispatch === undefined || dispatch.seq > result.seq)
      broken("has a result, but no dispatch before it");
  }
  return violations;
}
