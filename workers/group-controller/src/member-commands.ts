// A member's command on its way to the write path: what deciding it must know is looked up here, at the rim.
import type { MemberCommand } from "@acos/group";
import type { Command, CommandRequest, MemberId, MessageId, RunId, UserId } from "@acos/protocol";
import { argumentsDigest } from "@acos/trust";

import type { WriteOutcome } from "./append.ts";
import { findMessage } from "./log/messages.ts";
import type { OpenGroup } from "./open-group.ts";

/** Carries out a member's command under its id; the same id again is answered with the first seq. */
export async function giveCommand(
  group: OpenGroup,
  giver: { readonly user: UserId; readonly member: MemberId },
  { id, command }: CommandRequest,
): Promise<WriteOutcome> {
  const digest = await editedDigest(group, command);
  return group.queue.give(() => {
    const full = withFacts(group, { by: giver.member, command, digest });
    return group.path.write(full, { giver: giver.user, id });
  });
}

/** The command with what is known of its subject at this moment. */
function withFacts(
  group: OpenGroup,
  given: Pick<MemberCommand, "by" | "command" | "digest">,
): MemberCommand {
  const { command } = given;
  const about = messageOf(command);
  return {
    kind: "member-command",
    ...given,
    facts: about ? findMessage(group.log, about) : null,
    knownRun: "run" in command && isKnownRun(group, command.run),
    parts: command.kind === "run-cancel" ? group.drafts.partsOf(command.run) : [],
  };
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
