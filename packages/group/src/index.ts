// The public face of a group's rules: deciding, folding, briefing, viewing. All of it is pure.
export { accessGroup, type Access } from "./membership.ts";
export {
  COMMAND_ROLES,
  decide,
  roleAllows,
  type GroupCommand,
  type MemberCommand,
} from "./decide.ts";
export type { Accepted, Decision, Effect, MessageFacts, Refused } from "./decision.ts";
export { composeBriefing } from "./briefing.ts";
export { evolve } from "./evolve.ts";
export { findMentions, type Mentions } from "./mention.ts";
export type { MadeCall, TurnRef } from "./run.ts";
export {
  isOpen,
  nextRunState,
  OPEN_RUN_STATES,
  RUN_FACTS,
  RUN_TABLE,
  type OpenRunState,
  type RunFact,
} from "./run-table.ts";
export type { Given, Seed } from "./seeded-ids.ts";
export { partsOf, stateOf, type StateParts } from "./snapshot.ts";
export { EMPTY_STATE, type GroupState, type OpenCall, type OpenTurn, type Run } from "./state.ts";
export { viewGroup, viewRun } from "./view.ts";
