// decide(state, command) → facts and effects, or a refusal. Pure: time and randomness arrive with the command.
import type {
  AgentCard,
  AgentId,
  Command,
  GroupCreation,
  MemberId,
  MemberPut,
  Member,
  Part,
  Role,
  UserId,
} from "@acos/protocol";

import { decideApproval } from "./approval.ts";
import { decideBriefingRule } from "./briefing/place-message.ts";
import {
  askWhenDue,
  decideSummaryAsk,
  decideSummaryEdit,
  decideSummaryFinish,
  type SummaryFinish,
} from "./compaction/decide-summary.ts";
import { DecisionDraft, refuse, type Decision, type MessageFacts } from "./decision.ts";
import { decideArchive, decideRestore, type Archive, type Restore } from "./lifecycle/archive.ts";
import { decideCopy, type Copy } from "./lifecycle/copy.ts";
import { decideAdopt, decideCreate, decideLetGo, decidePut, decideRemove } from "./membership.ts";
import { decideEdit, decidePost, decideReaction, decideRedact } from "./message.ts";
import { decideRecover, type Recover } from "./recover.ts";
import {
  decideCancel,
  decideResume,
  decideToolFinish,
  decideToolLost,
  decideTurnFail,
  decideTurnFinish,
  type ToolFinish,
  type ToolLost,
  type TurnFail,
  type TurnFinish,
} from "./run.ts";
import {
  decideSandboxCreate,
  decideSandboxNote,
  type SandboxCreate,
  type SandboxNote,
} from "./sandboxes/decide-sandbox.ts";
import type { Given } from "./seeded-ids.ts";
import { decideSettings } from "./settings.ts";
import type { GroupState } from "./state.ts";

/** A member's command with what deciding it needs to know from the log and from the turn under way. */
export interface MemberCommand {
  readonly kind: "member-command";
  readonly by: MemberId;
  readonly command: Command;
  /** The message that the command speaks of; null where it speaks of none, or there is none. */
  readonly facts: MessageFacts | null;
  /** Digest of edited arguments of an approval. */
  readonly digest: string | null;
  /** Whether the run that the command speaks of ever was in this group. */
  readonly knownRun: boolean;
  /** What the run to be cancelled has said in its unfinished turn. */
  readonly parts: readonly Part[];
}

/** Everything that may change a group. The first is members' work, the rest comes from the control plane and from runs. */
export type GroupCommand =
  | MemberCommand
  | { readonly kind: "group-create"; readonly creation: GroupCreation }
  | { readonly kind: "member-put"; readonly by: Member | null; readonly put: MemberPut }
  | { readonly kind: "member-remove"; readonly by: Member | null; readonly who: UserId | AgentId }
  | {
      readonly kind: "member-let-go";
      readonly user: UserId;
      readonly heirs: readonly UserId[];
    }
  | { readonly kind: "agent-adopt"; readonly card: AgentCard }
  | TurnFinish
  | TurnFail
  | ToolFinish
  | ToolLost
  | SummaryFinish
  | SandboxCreate
  | SandboxNote
  | Recover
  | Archive
  | Restore
  | Copy;

/** Decides a command on a state. A refusal changes nothing; an acceptance without events found all as asked for already. */
export function decide(state: GroupState, command: GroupCommand, given: Given): Decision {
  const draft = new DecisionDraft(state, given);
  if (command.kind === "group-create") return decideCreate(draft, command.creation);
  if (!state.group) return refuse("not_found", "There is no such group.");
  const decision = decideOn(draft, command);
  if (!decision.ok || !draft.changed || isLifecycle(command)) return decision;
  askWhenDue(draft);
  return draft.accept();
}

type OnGroup = Exclude<GroupCommand, { kind: "group-create" }>;

/** Whether the command is of a group that is put away or made anew: nothing else is begun with it. */
function isLifecycle({ kind }: OnGroup): boolean {
  return kind === "archive" || kind === "restore" || kind === "copy";
}

function decideOn(draft: DecisionDraft, command: OnGroup): Decision {
  switch (command.kind) {
    case "member-command":
      return decideMemberCommand(draft, command);
    case "member-put":
      return decidePut(draft, command.by, command.put);
    case "member-remove":
      return decideRemove(draft, command.by, command.who);
    case "member-let-go":
      return decideLetGo(draft, command.user, command.heirs);
    case "agent-adopt":
      return decideAdopt(draft, command.card);
    case "turn-finish":
      return decideTurnFinish(draft, command);
    case "turn-fail":
      return decideTurnFail(draft, command);
    case "tool-finish":
      return decideToolFinish(draft, command);
    case "tool-lost":
      return decideToolLost(draft, command);
    case "recover":
      return decideRecover(draft, command);
    case "summary-finish":
      return decideSummaryFinish(draft, command);
    case "sandbox-create":
      return decideSandboxCreate(draft, command);
    case "sandbox-note":
      return decideSandboxNote(draft, command);
    case "archive":
      return decideArchive(draft, command);
    case "restore":
      return decideRestore(draft, command);
    case "copy":
      return decideCopy(draft, command);
    default:
      return command satisfies never;
  }
}

/** The least role that may give a command. Agents give none: they act through their runs. */
export const COMMAND_ROLES: Readonly<Record<Command["kind"], Role>> = {
  "message-post": "member",
  "message-edit": "member",
  "message-redact": "member",
  "reaction-set": "member",
  "run-cancel": "member",
  "run-resume": "member",
  "approval-decide": "member",
  "read-mark": "viewer",
  "summary-ask": "member",
  "summary-edit": "member",
  "briefing-rule-set": "member",
  "settings-change": "admin",
};

const RANK: Readonly<Record<Role, number>> = { viewer: 0, member: 1, admin: 2 };

/** Tells whether a role is at least another. */
export function roleAllows(role: Role, least: Role): boolean {
  return RANK[role] >= RANK[least];
}

function decideMemberCommand(draft: DecisionDraft, given: MemberCommand): Decision {
  const { by, command, facts } = given;
  if ("run" in command && !given.knownRun)
    return refuse("not_found", "There is no such run in this group.");
  const member = draft.state.members.get(by);
  if (member?.type !== "user")
    return refuse("forbidden", "Only people in the group give commands.");
  const least = COMMAND_ROLES[command.kind];
  if (!roleAllows(member.role, least))
    return refuse("forbidden", `Your role here is ${member.role}; this needs ${least}.`);
  switch (command.kind) {
    case "message-post":
      return decidePost(draft, by, command, facts);
    case "message-edit":
      return decideEdit(draft, by, command, facts);
    case "message-redact":
      return decideRedact(draft, by, facts);
    case "reaction-set":
      return decideReaction(draft, by, command, facts);
    case "run-cancel":
      return decideCancel(draft, by, { run: command.run, parts: given.parts });
    case "run-resume":
      return decideResume(draft, by, command);
    case "approval-decide":
      return decideApproval(draft, by, { command, digest: given.digest });
    case "read-mark":
      return draft
        .effect({ kind: "mark-read", member: by, upTo: Math.min(command.seq, draft.state.head) })
        .accept();
    case "summary-ask":
      return decideSummaryAsk(draft, by);
    case "summary-edit":
      return decideSummaryEdit(draft, by, command);
    case "briefing-rule-set":
      return decideBriefingRule(draft, by, command, facts);
    case "settings-change":
      return decideSettings(draft, by, command);
    default:
      return command satisfies never;
  }
}
