// The fold of the local view: inputs in, next view out. Nothing is asked of the clock or the network.
import type { GroupEvent, LogEvent, Member, MemberId } from "@acos/protocol";

import {
  endTyping,
  foldDelta,
  foldEdited,
  foldPosted,
  foldReaction,
  foldRedacted,
  startTyping,
} from "./fold-message.ts";
import { foldHistory, greetHistory } from "./fold-history.ts";
import { foldOutput, foldRunEvent } from "./fold-run.ts";
import { foldSandbox, greetSandboxes, isSandboxEvent } from "./fold-sandbox.ts";
import {
  addEntry,
  EMPTY_VIEW,
  own,
  type LocalView,
  type ViewInput,
  type Welcome,
  type Work,
} from "./local-view.ts";

/**
 * Folds inputs into a view and returns the next one; the given view stays as it was. Events must come in seq order without
 * a hole: the connection sees to it. Events older than the first welcome's state are folded too, and end where it stands.
 */
export function fold(view: LocalView, inputs: readonly ViewInput[]): LocalView {
  const work: Work = { view: { ...view }, copied: new Set() };
  for (const input of inputs) foldOne(work, input);
  return work.view;
}

/** Folds a whole view again after older events were put in front; what is not in the log is carried over. */
export function refold(view: LocalView, welcome: Welcome, events: readonly LogEvent[]): LocalView {
  const { drafts, outputs, online, typing } = view;
  const inputs = events.map((entry) => ({ type: "event", ...entry }) as const);
  const next = fold(EMPTY_VIEW, [welcome, ...inputs]);
  const members = next.members;
  return { ...next, drafts, outputs, online, typing, members };
}

function foldOne(work: Work, input: ViewInput): void {
  switch (input.type) {
    case "welcome":
      return foldWelcome(work, input);
    case "event":
      return foldEvent(work, input, input.event);
    case "delta":
      return foldDelta(work, input);
    case "tool-output":
      return foldOutput(work, input);
    case "presence":
      work.view.online = new Set(input.online);
      return;
    case "typing":
      return startTyping(work, input.member);
    case "typing-ended":
      return endTyping(work, input.member);
    default:
      return input satisfies never;
  }
}

/** The first welcome also says what began before the oldest event that will be replayed; a later one says nothing new. */
function foldWelcome(work: Work, welcome: Welcome): void {
  const first = work.view.group === undefined;
  const { id, org, name, policy, createdAt, state, members, runs, approvals } = welcome.group;
  work.view.self = welcome.member.member;
  if (!first) return;
  work.view.group = { id, org, name, policy, createdAt, state };
  greetHistory(work, welcome.group);
  greetSandboxes(work, welcome.group);
  for (const info of members) own(work, "members").set(info.member, { info, present: true });
  for (const { run, member, version, state: stands, trigger } of runs)
    own(work, "runs").set(run, { run, member, version, state: stands, trigger });
  for (const asked of approvals) {
    const { call, run, approval, tool } = asked;
    if (run && !work.view.calls.has(call))
      own(work, "calls").set(call, {
        call,
        run,
        approval,
        tool,
        at: Date.parse(createdAt),
        effect: true,
        arguments: asked.arguments,
        state: "waiting",
      });
  }
}

function foldEvent(work: Work, entry: LogEvent, event: GroupEvent): void {
  const { at } = entry;
  switch (event.kind) {
    case "message-posted":
      return foldPosted(work, entry, event);
    case "message-edited":
      return foldEdited(work, at, event);
    case "message-redacted":
      return foldRedacted(work, at, event);
    case "reaction-set":
      return foldReaction(work, event);
    case "group-created":
    case "settings-changed":
    case "member-joined":
    case "member-left":
    case "member-changed":
    case "agent-version-adopted":
      foldSettings(work, event);
      return addEntry(work, { kind: "notice", seq: entry.seq, at, event });
    case "summary-asked":
      return foldHistory(work, at, event);
    case "summary-made":
    case "summary-refused":
    case "briefing-rule-set":
    case "group-archived":
    case "group-restored":
    case "group-copied":
      foldHistory(work, at, event);
      return addEntry(work, { kind: "notice", seq: entry.seq, at, event });
    default:
      if (isSandboxEvent(event)) return foldSandbox(work, entry, event);
      return "run" in event ? foldRunEvent(work, entry, event) : undefined;
  }
}

function foldSettings(work: Work, event: GroupEvent): void {
  const { group } = work.view;
  switch (event.kind) {
    case "settings-changed":
      if (group)
        work.view.group = {
          ...group,
          name: event.name ?? group.name,
          policy: event.policy ?? group.policy,
        };
      return;
    case "member-joined":
      own(work, "members").set(event.member.member, { info: event.member, present: true });
      return;
    case "member-left": {
      const left = work.view.members.get(event.member);
      if (left) own(work, "members").set(event.member, { ...left, present: false });
      return;
    }
    case "member-changed":
      return changeMember(work, event.member, (info) => ({ ...info, role: event.role }));
    case "agent-version-adopted": {
      const { version, pin, name, handle, about } = event;
      return changeMember(work, event.member, (info) =>
        info.type === "agent" ? { ...info, version, pin, name, handle, about } : info,
      );
    }
    default:
  }
}

function changeMember(work: Work, id: MemberId, to: (info: Member) => Member): void {
  const before = work.view.members.get(id);
  if (before) own(work, "members").set(id, { ...before, info: to(before.info) });
}
