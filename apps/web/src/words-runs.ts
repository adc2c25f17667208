// What the app says of agents at work: who was woken and why, where a run stands, calls and their approval. Part of words.ts.
import type { RunState, SleepReason, WakeRule } from "@acos/protocol";

export const receiptWords = {
  open: "Why did it answer, or not?",
  title: "Who was woken",
  woken: {
    mention: "was mentioned",
    reply: "was replied to",
    everyone: "answers every message here",
  } satisfies Record<WakeRule, string>,
  asleep: {
    "agents-off": "agents do not wake each other in this group",
    itself: "wrote the message itself",
    rounds: "agents have had their rounds without a person",
    cooldown: "is in its pause between answers to agents",
    "pair-limit": "these two have mentioned each other often enough",
    "chain-depth": "the chain of agents is as long as it may get",
    "queue-full": "has too much waiting already",
    viewer: "only reads in this group",
  } satisfies Record<SleepReason, string>,
  wokeNobody: "This message woke no agent.",
  answers: (name: string) => `${name} was woken`,
  silent: (name: string) => `${name} was not woken`,
} as const;

export const runWords = {
  state: {
    queued: "is waiting its turn",
    running: "is thinking",
    waiting: "waits for your approval",
    paused: "paused after many turns",
    done: "is done",
    failed: "failed",
    cancelled: "was stopped",
    interrupted: "was interrupted",
  } satisfies Record<RunState, string>,
  answering: "is answering",
  working: "Agents at work",
  stop: "Stop",
  stopOne: (name: string) => `Stop ${name}`,
  resume: "Let it go on",
  providers: "Check the model's settings",
} as const;

export const callWords = {
  arguments: "Arguments",
  result: "Result",
  state: {
    made: "about to run",
    waiting: "waits for approval",
    dispatched: "running…",
    done: "done",
    failed: "failed",
    denied: "denied",
    cut: "ended without a result",
    unfinished: "did not run",
  },
  says: (tool: string) => `What ${tool} says`,
  by: (name: string) => `by ${name}`,
  approvedBy: (name: string) => `approved by ${name}`,
  deniedBy: (name: string) => `denied by ${name}`,
} as const;

export const approvalWords = {
  title: (name: string, tool: string) => `${name} wants to use ${tool}`,
  detail: {
    outside: "It may change something outside. This is the exact call; edit it if you like.",
    makesSandbox:
      "Approving makes a sandbox for this group. Calls in it then run without asking, unless the group's policy wants a yes for each. This is the exact call; edit it if you like.",
    inSandbox: "It works in the group's sandbox. This is the exact call; edit it if you like.",
  },
  arguments: "Arguments as JSON",
  approve: "Approve",
  approveEdited: "Approve as edited",
  deny: "Deny",
  reset: "Undo edits",
  invalid: "This is not a JSON object. Correct it to approve.",
  viewer: "Viewers cannot decide this.",
} as const;
