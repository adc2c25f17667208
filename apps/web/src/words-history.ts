// What the app says of a group's past and its storage: search, older stretches, copies, the archive. Part of words.ts.
import type { JobKind } from "@acos/protocol";

const number = (value: number): string => value.toLocaleString("en");

export const searchWords = {
  label: "Search this group",
  placeholder: "Search",
  open: "Search",
  title: "Search results",
  close: "Close search",
  clear: "Clear search",
  hint: "Finds what was said in this group, however long ago.",
  keys: "Press / or Ctrl K to search from anywhere.",
  none: (query: string) => `Nothing here fits “${query}”.`,
  noneHint: "Try fewer or other words.",
  waiting: "Searching…",
  found: (shown: number, more: boolean) =>
    `${number(shown)}${more ? " or more" : ""} ${shown === 1 && !more ? "message" : "messages"}`,
  more: "Show more",
  place: (seq: number) => `#${seq}`,
} as const;

export const pastWords = {
  label: "Older stretch of the transcript",
  older: "Show older messages",
  newer: "Show newer messages",
  newest: "Back to newest",
  reading: "You are reading an older stretch.",
  gone: "This message cannot be found in this group.",
} as const;

export const storageWords = {
  title: "History and copies",
  briefing: "Briefing size",
  saveBriefing: "Set briefing size",
  briefingHelp:
    "Tokens that an agent is told at most, beside its own instructions. What came before is summarised.",
  export: "Export this group",
  exportHelp: "The whole history as one file. It can be imported anywhere.",
  fork: "Fork this group",
  forkHelp: "A new group that begins with all that was said here. This one goes on unchanged.",
  forking: "Forking…",
  archive: "Archive this group",
  archiveTitle: "Archive this group?",
  archiveDetail:
    "It moves to cold storage and out of everybody's way. Whoever opens it brings it back, with all that was said.",
  archiving: "Archiving…",
  jobs: "Storage work",
  noJobs: "No work was done on this group's storage yet.",
  job: {
    flush: "Move old events to storage",
    snapshot: "Write a snapshot",
    archive: "Archive",
    restore: "Bring back",
    fork: "Fork",
    import: "Import",
    delete: "Delete",
  } satisfies Record<JobKind, string>,
  jobState: { running: "running", done: "done", failed: "failed" },
  progress: (done: number, total: number) => `${number(done)} of ${number(total)} events`,
  events: (done: number) => `${number(done)} events`,
} as const;

export const copyWords = {
  copying: "This group is still being copied.",
  waits: "You can write as soon as all of its history has come.",
  badge: "copying…",
  archived: "This group was archived.",
  archivedHint: "Whoever opens it brings it back, with all that was said.",
  bringBack: "Bring it back",
  restoring: "Bringing this group back from the archive…",
  forkHere: "Fork from here",
  forkHereHelp: "A new group with all up to this message",
} as const;

export const importWords = {
  title: "Import a group",
  lead: "From a file that a group was exported to, here or in another installation.",
  file: "Exported group",
  go: "Import",
  going: "Importing…",
  sent: (share: number) => `${Math.floor(share * 100)} % sent`,
  reading: "Checking the file…",
  tooLarge: "This file is larger than the 100 MiB that can be imported.",
} as const;

export const historyNotices = {
  archived: (name: string | undefined) =>
    name === undefined ? "The group was archived" : `${name} archived the group`,
  restored: "The group was brought back from the archive",
  lost: (events: number) =>
    `The group was brought back from an older snapshot; the last ${number(events)} events before it are lost`,
  forked: (from: string, seq: number) => `Forked from ${from} at #${seq}`,
  imported: (from: string, seq: number) => `Imported from ${from}, its history up to #${seq}`,
} as const;
