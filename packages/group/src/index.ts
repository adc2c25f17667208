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
export { blocksOf, type Block } from "./briefing/blocks.ts";
export { composeBriefing } from "./briefing/compose.ts";
export { labelled, labelOf } from "./briefing/label.ts";
export type { SummaryFinish } from "./compaction/decide-summary.ts";
export { viewSummary, withoutLinesOf } from "./compaction/fold.ts";
export { composeSummaryRequest } from "./compaction/request.ts";
export type { Archive, Restore } from "./lifecycle/archive.ts";
export type { Copy } from "./lifecycle/copy.ts";
export type { Recover } from "./recover.ts";
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
export {
  EMPTY_STATE,
  memberOf,
  type GroupState,
  type OpenCall,
  type OpenTurn,
  type Run,
} from "./state.ts";
export type { SandboxNote } from "./sandboxes/decide-sandbox.ts";
export {
  chosenSandbox,
  isSandboxTool,
  mayChange,
  viewSandbox,
  type GroupSandbox,
} from "./sandboxes/sandbox.ts";
export { viewGroup, viewRun } from "./view.ts";
export { atTime } from "./at-time.ts";
