// What the app says of sandboxes: tools that work in them, where each stands, what happened to them. Part of words.ts.
import type { SandboxState, SandboxTool, StopReason } from "@acos/protocol";

import type { AuditTold } from "./audit-told.ts";
import { count } from "./words-count.ts";

export const sandboxTools = {
  run_command: ["Run command", "Runs a shell command."],
  read_process: ["Read process", "Reads what a process puts out."],
  write_process: ["Write to process", "Writes to the input of a process."],
  stop_process: ["Stop process", "Ends a process."],
  read_file: ["Read file", "Reads lines of a file."],
  list_files: ["List files", "Lists files and folders."],
  search_files: ["Search files", "Finds lines by a pattern."],
  write_file: ["Write file", "Writes a file whole."],
  edit_file: ["Edit file", "Replaces a piece of a file."],
  apply_patch: ["Apply patch", "Applies a diff."],
  start_server: ["Start server", "Starts a server and shows it as a preview."],
  preview: ["Preview", "Shows a server that runs."],
} as const satisfies Record<SandboxTool, readonly [string, string]>;

export const sandboxWords = {
  title: "Sandboxes",
  tools: "In a sandbox",
  toolsHelp: "What may change something asks for approval as the group's settings say.",
  all: "All of them",
  state: {
    cold: "stopped",
    starting: "starting",
    ready: "running",
    draining: "stopping",
    snapshotting: "saving",
    failed: "failed",
  } satisfies Record<SandboxState, string>,
  stop: (name: string) => `Stop sandbox ${name}`,
  openPreview: "Open preview",
  opening: "Opening…",
} as const;

const BECAUSE = {
  idle: "nobody used it",
  asked: "it was asked for",
  lost: "it was lost",
  limit: "it went over a limit",
  archived: "the group was archived",
} as const satisfies Record<StopReason, string>;

const by = (name: string | undefined): string => (name === undefined ? "" : `, by ${name}`);

export const sandboxNotices = {
  made: (name: string, who: string | undefined) => `Sandbox ${name} was made${by(who)}`,
  started: (name: string) => `Sandbox ${name} is running`,
  stopped: (name: string, reason: StopReason, who: string | undefined) =>
    who === undefined
      ? `Sandbox ${name} stopped: ${BECAUSE[reason]}`
      : `${who} stopped sandbox ${name}`,
  ended: (name: string, words: string) => `Sandbox ${name} stopped. ${words}`,
  broke: (name: string, words: string) => `Sandbox ${name} failed: ${words}`,
  destroyed: (name: string, who: string) => `${who} deleted sandbox ${name}`,
  saved: (name: string, who: string) => `${who} saved the files of sandbox ${name}`,
  broughtBack: (name: string, who: string | undefined) =>
    `The files of sandbox ${name} were brought back to an earlier state${by(who)}`,
  marked: (name: string, who: string | undefined) => `Checkpoint of sandbox ${name}${by(who)}`,
  undone: (who: string, places: number, paths: readonly string[]) =>
    `${who} took back ${count(places, "change", "changes")} in ${paths.slice(0, 3).join(", ")}${paths.length > 3 ? " and more" : ""}`,
  offered: (name: string, port: number) => `A server of sandbox ${name} can be seen (port ${port})`,
} as const;

/** What the audit log says of them. */
export const sandboxDid = {
  "sandbox-created": ({ who, what, more }: AuditTold) =>
    `${who} made the sandbox ${what} of the group ${more("group")}`,
  "sandbox-destroyed": ({ who, what, more }: AuditTold) =>
    `${who} deleted the sandbox ${what} of the group ${more("group")}`,
  "sandbox-command-run": ({ who, what, more }: AuditTold) =>
    `${who} ran a command in the sandbox ${what} of the group ${more("group")}`,
  "terminal-opened": ({ who, what, more }: AuditTold) =>
    `${who} opened a terminal in the sandbox ${what} of the group ${more("group")}`,
} as const;
