// The briefing of a turn: composed from the state alone, bounded by the group's budget, its head the same for every agent.
import type { Briefing, RunId } from "@acos/protocol";

import type { GroupState, Run } from "../state.ts";
import { budgetOf } from "./budget.ts";
import { closingOf } from "./closing.ts";
import { headOf, toldMessage, type Head } from "./head.ts";
import { fitSteps, sizeOf, type ToldSteps } from "./steps.ts";

/** What a run's own steps can take of the budget before the window has to give way to them. */
const STEPS_SHARE = 0.5;
/** What they have in any case. */
const STEPS_LEAST_SHARE = 0.2;

/** All that a briefing is made of. */
export interface Plan {
  readonly head: Head;
  readonly steps: ToldSteps;
}

/**
 * Composes the briefing of a run's open turn. Null when the run has none, or its agent has left. The same state gives the same
 * bytes: where it has to be known later what was told, compose from the state at which the turn began (the effect brings it).
 */
export function composeBriefing(state: GroupState, id: RunId): Briefing | null {
  const run = state.runs.get(id);
  const agent = run && state.members.get(run.member);
  if (!state.group || !run?.open || !run.pin || agent?.type !== "agent") return null;
  const { head, steps } = planBriefing(state, run);
  const { briefing, turn, startedAt: at } = run.open;
  return {
    briefing,
    group: state.group.id,
    org: state.group.org,
    run: run.run,
    turn,
    at,
    agent: { pin: run.pin, member: agent.member, handle: agent.handle, name: agent.name },
    charter: head.charter,
    pinned: head.pins.map(toldMessage),
    summary: head.summary,
    window: head.window.map(toldMessage),
    closing: closingOf(state, { agent, run, at, turnsLeftOut: steps.leftOut.length }),
    trigger: run.trigger,
    steps: steps.told.map(({ step }) => step),
  };
}

/** What is told and what is not, and why. */
export function planBriefing(state: GroupState, run: Run): Plan {
  const { all } = budgetOf(state);
  const wanted = run.steps.reduce((sum, step) => sum + sizeOf(step), 0);
  const whole = headOf(state, run.startedSeq, false);
  const fits = whole.tokens + Math.min(wanted, all * STEPS_SHARE) <= all;
  const head = fits ? whole : headOf(state, run.startedSeq, true);
  const room = Math.max(all - head.tokens, all * STEPS_LEAST_SHARE);
  return { head, steps: fitSteps(run.steps, room) };
}
