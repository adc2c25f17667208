// Which events of the log are news for the org's audit chain, and what is told of them: who, what and whom; never any words.
import type {
  AuditNote,
  EventOf,
  GroupEventKind,
  GroupNews,
  LogEvent,
  MemberId,
  OrgId,
} from "@acos/protocol";

/** The kinds that are told; `tool-call-dispatched` only of calls that have an effect. */
export const NEWS_KINDS = [
  "member-joined",
  "member-left",
  "member-changed",
  "approval-decided",
  "settings-changed",
  "tool-call-dispatched",
  "sandbox-created",
  "sandbox-destroyed",
] as const satisfies readonly GroupEventKind[];

/** What events name by ids of the group's own. */
export interface NewsRim {
  readonly org: OrgId;
  /** The user or agent that a member is or was. */
  readonly whoIs: (member: MemberId) => string;
  /** The call as it was made, and the agent that made it; null when the log has no such call. */
  readonly madeCall: (
    event: EventOf<"tool-call-dispatched">,
  ) => { readonly agent: string; readonly tool: string; readonly effect: boolean } | null;
}

/** What is told of an event; null for one that is no news. */
export function newsOf({ seq, at, event }: LogEvent, rim: NewsRim): GroupNews | null {
  const note = noteOf(event, rim);
  return note && { seq, at, note };
}

function noteOf(event: LogEvent["event"], rim: NewsRim): AuditNote | null {
  /** Who is no member acts for the org: its managers, and the Orchestrator itself. */
  const by = (member: MemberId | undefined) => (member ? rim.whoIs(member) : rim.org);
  const { kind } = event;
  switch (kind) {
    case "member-joined": {
      const { member } = event;
      const subject = member.type === "user" ? member.user : member.agent;
      return { kind, actor: by(event.by), subject, details: { role: member.role } };
    }
    case "member-left":
      return { kind, actor: by(event.by), subject: rim.whoIs(event.member) };
    case "member-changed": {
      const details = { role: event.role };
      return { kind, actor: by(event.by), subject: rim.whoIs(event.member), details };
    }
    case "settings-changed": {
      const changed = [event.name !== undefined && "name", event.policy && "policy"];
      return { kind, actor: by(event.by), details: { changed: changed.filter(Boolean).join(" ") } };
    }
    case "approval-decided": {
      const { approval, run, call, decision, digest } = event;
      return {
        kind,
        actor: by(event.by),
        subject: approval,
        details: { run, call, decision, digest },
      };
    }
    case "tool-call-dispatched": {
      const made = rim.madeCall(event);
      if (!made?.effect) return null;
      const { run, call, digest } = event;
      return { kind, actor: made.agent, subject: call, details: { run, tool: made.tool, digest } };
    }
    case "sandbox-created": {
      const { sandbox, run } = event;
      return { kind, actor: by(event.by), subject: sandbox, ...(run && { details: { run } }) };
    }
    case "sandbox-destroyed":
      return { kind, actor: by(event.by), subject: event.sandbox };
    default:
      return null;
  }
}
