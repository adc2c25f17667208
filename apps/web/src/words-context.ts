// What the app says of what agents are told: briefings, summaries, pins. Part of words.ts.
import type { BlockFate, BlockKind, SummarySection } from "@acos/protocol";

const number = (value: number): string => value.toLocaleString("en");
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const blocks = (count: number): string => `${number(count)} ${count === 1 ? "block" : "blocks"}`;

export const briefingWords = {
  open: "What it was told",
  title: "Briefing",
  close: "Close briefing",
  of: (name: string, turn: number) => `What ${name} was told for turn ${turn}`,
  waiting: "Reading the briefing…",
  noTurn: "The turn that said this cannot be found.",
  inexact:
    "The text below was rebuilt from the log and is not byte for byte what was noted when the turn began. A message was removed or changed since, or this version composes it in another way.",
  tokens: (tokens: number) => `${number(tokens)} tokens`,
  estimated: "estimated",
  blocksBelow: "Blocks below, estimated",
  output: "Answered",
  cacheRead: "Read from cache",
  cacheWrite: "Written to cache",
  share: (tokens: number, share: number) => `${number(tokens)} tokens, ${percent(share)}`,
  cost: "Cost",
  money: (dollars: number) =>
    dollars === 0 ? "no price known" : `$${dollars.toFixed(dollars < 0.01 ? 5 : 3)}`,
  notEnded: "The turn has not ended yet.",
  kinds: {
    charter: "Charter",
    pinned: "Pinned",
    summary: "Summary",
    message: "Messages",
    closing: "What is open",
    trigger: "What it answers",
    step: "Its own earlier turns",
  } satisfies Record<BlockKind, string>,
  fates: { kept: "kept", clipped: "clipped", "left-out": "left out" } satisfies Record<
    BlockFate,
    string
  >,
  step: (turn: string) => `Turn ${turn}`,
  message: (name: string, seq: number) => `${name}, #${seq}`,
  unknownMessage: "A message",
  section: (count: number, tokens: number) => `${blocks(count)}, ${number(tokens)} tokens`,
  leftOut: "Left out: not told.",
  noText: "Its text cannot be rebuilt.",
  jump: "Show in the transcript",
  difference: "Compared with its turn before",
  first: "There is no turn of it before this one.",
  compared: (added: number, same: number, gone: number) =>
    `${blocks(added)} new, ${number(same)} the same, ${number(gone)} gone`,
  isNew: "new",
  gone: "Gone since",
  instructions:
    "Besides this it was told its own instructions, as its version holds them, and what its tools are.",
} as const;

export const summaryWords = {
  open: "Summary",
  title: "Summary",
  close: "Close summary",
  none: "Nothing is summarised yet.",
  noneHint: "When the talk outgrows what agents can be told, what came before is summed up here.",
  version: (version: number) => `Version ${version}`,
  covers: (upTo: number) => `Stands for all up to #${upTo}`,
  byModel: (model: string) => `made by ${model}`,
  byMember: (name: string) => `written by ${name}`,
  making: "A summary is being made…",
  ask: "Make a summary now",
  refused: (reason: string) => `The last one was not taken: ${reason}`,
  edit: "Edit",
  write: "Write one",
  editTitle: "Edit the summary",
  editHelp: "One line for each point. A line you leave as it is keeps its sources.",
  moved: "Another version came while you were writing. Saving takes its place.",
  empty: "Nothing.",
  sections: {
    Goals: "Goals",
    Decisions: "Decisions",
    "Current state": "Current state",
    Artifacts: "Artifacts",
    "Open questions": "Open questions",
  } satisfies Record<SummarySection, string>,
  source: (seq: number | undefined, index: number) =>
    seq === undefined ? `source ${index + 1}` : `#${seq}`,
  showSource: (seq: number | undefined, index: number) =>
    seq === undefined ? `Show source ${index + 1}` : `Show message #${seq}`,
  versions: "Earlier versions",
  more: "Show older versions",
} as const;

export const pinWords = {
  pin: "Pin into every briefing",
  exclude: "Keep out of briefings",
  usual: "As usual in briefings",
  pinned: "Pinned into every briefing",
  excluded: "Kept out of briefings",
  title: "Pinned and kept out",
  none: "No message is pinned or kept out. The menu of a message does that.",
  unpin: "As usual",
  show: "Show message",
  gone: "A message that is no longer there",
} as const;

export const contextNotices = {
  made: (version: number, upTo: number) => `Summary ${version} stands for all up to #${upTo}`,
  written: (name: string, version: number) =>
    `${name} wrote the summary anew, now version ${version}`,
  show: "Show summary",
  refused: (reason: string) => `A summary was not taken: ${reason}`,
  pinned: (name: string) => `${name} pinned a message into every briefing`,
  excluded: (name: string) => `${name} keeps a message out of briefings`,
  usual: (name: string) => `${name} put a message back to its usual place in briefings`,
} as const;
