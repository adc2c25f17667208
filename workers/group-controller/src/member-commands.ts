// A member's command on its way to the write path: what deciding it must know is looked up here, at the rim.
import type { MemberCommand, MessageFacts } from "@acos/group";
import type {
  Command,
  CommandRequest,
  MemberId,
  MessageId,
  MessageView,
  RunId,
  UserId,
} from "@acos/protocol";
import { argumentsDigest } from "@acos/trust";

import type { WriteOutcome } from "./append.ts";
import { viewMessage } from "./log/messages.ts";
import type { OpenGroup } from "./open-group.ts";

/** Carries out a member's command under its id; the same id again is answered with the first seq. */
export async function giveCommand(
  group: OpenGroup,
  giver: { readonly user: UserId; readonly member: MemberId },
  { id, command }: CommandRequest,
): Promise<WriteOutcome> {
  const digest = await editedDigest(group, command);
  const old = await lookBack(group, command);
  return group.queue.give(() => {
    const full = withFacts(group, { by: giver.member, command, digest }, old);
    return group.path.write(full, { giver: giver.user, id });
  });
}

/** What the part of the log that is in R2 knows of a command's subject; it does not change any more. */
interface Old {
  readonly message: MessageView | null;
  readonly knownRun: boolean;
}

const NOTHING_OLD: Old = { message: null, knownRun: false };

/** Looks into R2 only for what is not in the object, and only where there is something in R2. */
async function lookBack(group: OpenGroup, command: Command): Promise<Old> {
  const { log, archivist } = group;
  if (log.start === 0) return NOTHING_OLD;
  const about = messageOf(command);
  if (about) {
    const isHere = log.ofMessage(about)[0]?.event.kind === "message-posted";
    const message = isHere ? null : await archivist.history.message(about);
    return { ...NOTHING_OLD, message };
  }
  if (!("run" in command) || isKnownRun(group, command.run)) return NOTHING_OLD;
  const events = await archivist.history.ofRun(command.run);
  return { ...NOTHING_OLD, knownRun: events.length > 0 };
}

/** The command with what is known of its subject at this moment. */
function withFacts(
  group: OpenGroup,
  given: Pick<MemberCommand, "by" | "command" | "digest">,
  old: Old,
): MemberCommand {
  const { command } = given;
  const about = messageOf(command);
  return {
    kind: "member-command",
    ...given,
    facts: about ? factsOf(group, about, old.message) : null,
    knownRun: old.knownRun || ("run" in command && isKnownRun(group, command.run)),
    parts: command.kind === "run-cancel" ? group.drafts.partsOf(command.run) : [],
  };
}

/** A message from what is here; what is not is as it was a moment ago, but for changes that have come since. */
function factsOf({ log }: OpenGroup, id: MessageId, old: MessageView | null): MessageFacts | null {
  const changes = log.ofMessage(id);
  const view = viewMessage(changes) ?? old;
  if (!view) return null;
  const { message, by, parts, seq, at } = view;
  const isWithdrawn = changes.some(({ event }) => event.kind === "message-redacted");
  return { message, by, parts, seq, at, redacted: isWithdrawn || view.redactedAt !== undefined };
}

function isKnownRun({ path, log }: OpenGroup, run: RunId): boolean {
  return path.state.runs.has(run) || log.ofRun(run).length > 0;
}

function messageOf(command: Command): MessageId | null {
  switch (command.kind) {
    case "message-post":
      return command.replyTo ?? null;
    case "message-edit":
    case "message-redact":
    case "reaction-set":
    case "briefing-rule-set":
      return command.message;
    default:
      return null;
  }
}

async function editedDigest({ path }: OpenGroup, command: Command): Promise<string | null> {
  if (command.kind !== "approval-decide" || !command.arguments) return null;
  const approval = path.state.approvals.get(command.approval);
  return approval ? argumentsDigest(approval.tool, command.arguments) : null;
}
