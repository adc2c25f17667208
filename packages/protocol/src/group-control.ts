// What the Orchestrator asks of a Group Controller and of the certificate authority: remote calls on the service bindings.
import type { AgentPin } from "./agent-version.ts";
import type { GroupNews } from "./audit.ts";
import type { Briefing } from "./briefing.ts";
import type { Result } from "./errors.ts";
import type { CommandRequest } from "./group-command.ts";
import type { LogEvent, Role } from "./group-event.ts";
import type { GroupView, Page, RunView } from "./group-view.ts";
import type { JobView, SearchHit } from "./history.ts";
import type {
  AgentId,
  CheckpointId,
  GroupId,
  MessageId,
  OrgId,
  RunId,
  SandboxId,
  UserId,
} from "./ids.ts";
import type { Ledger } from "./ledger.ts";
import type { MessageView } from "./message.ts";
import type { Policy } from "./policy.ts";
import type {
  CheckpointView,
  Hunk,
  SandboxCreate,
  SandboxView,
  SnapshotRef,
  Undone,
} from "./sandbox.ts";
import type { SummaryView } from "./summary.ts";

export const ORG_ROLES = ["owner", "admin", "member"] as const;
export type OrgRole = (typeof ORG_ROLES)[number];

/** Who asks, as the Orchestrator proved it. The group itself decides what that person may see and do. */
export interface Principal {
  readonly user: UserId;
  readonly name: string;
  readonly orgs: readonly { readonly id: OrgId; readonly role: OrgRole }[];
}

/** An agent as a group learns of it: the pin to use and what the roster says. */
export interface AgentCard {
  readonly pin: AgentPin;
  readonly name: string;
  readonly handle: string;
  readonly about: string;
}

export interface UserCard {
  readonly user: UserId;
  readonly name: string;
  /** Wished for; the group adds a number when it is taken. */
  readonly handle: string;
}

export interface GroupCreation {
  readonly group: GroupId;
  readonly org: OrgId;
  readonly name: string;
  readonly policy: Policy;
  readonly creator: UserCard;
  readonly agents: readonly { readonly card: AgentCard; readonly follow: "latest" | "pinned" }[];
}

/** What a bundle says of itself. */
export interface BundleHead {
  readonly group: GroupId;
  readonly name: string;
  readonly head: number;
  /** Files that are no part of the log, such as `agents.json`. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

/** A group to be made from another one's history: pulled from a group of this installation, or from a bundle that is staged. */
export interface GroupCopy {
  readonly group: GroupId;
  readonly org: OrgId;
  readonly name: string;
  readonly creator: UserCard;
  readonly principal: Principal;
  readonly from:
    | { readonly how: "fork"; readonly group: GroupId; readonly atSeq: number | null }
    | {
        readonly how: "import";
        /** Agents of the bundle by the id they have there, with the card they have here. */
        readonly agents: readonly { readonly there: AgentId; readonly card: AgentCard }[];
      };
}

export type MemberPut =
  | { readonly type: "user"; readonly card: UserCard; readonly role: Role }
  | {
      readonly type: "agent";
      readonly card: AgentCard;
      readonly follow: "latest" | "pinned";
      readonly role: Role;
    };

/**
 * Remote methods of a group's Durable Object. Every one answers with a Result; unknown groups and groups the principal
 * may not see answer `not_found` alike. `createGroup`, `putMember`, `removeMember` and `adopt` are idempotent.
 */
export interface GroupControl {
  createGroup(creation: GroupCreation): Promise<Result<GroupView>>;
  view(principal: Principal): Promise<Result<GroupView>>;
  command(principal: Principal, request: CommandRequest): Promise<Result<{ seq: number }>>;
  putMember(principal: Principal, member: MemberPut): Promise<Result<{ seq: number }>>;
  removeMember(principal: Principal, who: UserId | AgentId): Promise<Result<{ seq: number }>>;
  /** Sent by the Orchestrator itself when an agent or its provider changed; a lower revision is ignored. */
  adopt(card: AgentCard): Promise<Result<{ seq: number }>>;
  events(
    principal: Principal,
    page: { after: number; limit: number },
  ): Promise<Result<Page<LogEvent>>>;
  messages(
    principal: Principal,
    page: { before?: number; limit: number },
  ): Promise<Result<Page<MessageView>>>;
  runs(
    principal: Principal,
    page: { before?: number; limit: number },
  ): Promise<Result<Page<RunView>>>;
  run(principal: Principal, run: RunId): Promise<Result<RunView>>;
  briefing(
    principal: Principal,
    run: RunId,
    turn: number,
  ): Promise<Result<Briefing & { readonly ledger: Ledger }>>;
  message(principal: Principal, message: MessageId): Promise<Result<MessageView>>;
  /** `cursor` is a hit's place in the whole answer. */
  search(
    principal: Principal,
    page: { q: string; cursor: number; limit: number },
  ): Promise<Result<Page<SearchHit>>>;
  summaries(
    principal: Principal,
    page: { before?: number; limit: number },
  ): Promise<Result<Page<SummaryView>>>;
  jobs(
    principal: Principal,
    page: { before?: number; limit: number },
  ): Promise<Result<Page<JobView>>>;
  /** Moves the group to R2 and empties the object. For admins; an archived group stays archived. */
  archive(principal: Principal): Promise<Result<{ seq: number }>>;
  /** Brings an archived group back, as any other visit does. */
  restore(principal: Principal): Promise<Result<GroupView>>;
  /** The whole group as a bundle without its agents' configurations, which `agents.json` brings: the caller adds it. */
  export(
    principal: Principal,
    files: readonly { readonly name: string; readonly text: string }[],
  ): Promise<Result<ReadableStream<Uint8Array>>>;
  /**
   * Sent to a new object: keeps an uploaded bundle for `copyFrom` and says what it is, once every part has been found whole.
   * `length` is in bytes.
   */
  stage(bundle: ReadableStream<Uint8Array>, length: number): Promise<Result<BundleHead>>;
  /** Sent to a new object: become a copy of another group. Answers when all has come, or goes on by itself after some seconds. */
  copyFrom(copy: GroupCopy): Promise<Result<GroupView>>;
  /** Asked by a fork of its origin: events after a seq, the texts of withdrawn messages left out. For whoever may fork. */
  copyPage(
    principal: Principal,
    page: { after: number; upTo: number },
  ): Promise<Result<{ events: readonly LogEvent[]; head: number; name: string }>>;
  sandboxes(principal: Principal): Promise<Result<readonly SandboxView[]>>;
  /** Writes down that there is a sandbox; it starts when it is used. For members. */
  createSandbox(
    principal: Principal,
    wanted: SandboxCreate & { readonly sandbox: SandboxId },
  ): Promise<Result<SandboxView>>;
  /** Ends its processes and keeps its workspace. For members. */
  stopSandbox(
    principal: Principal,
    sandbox: SandboxId,
    how: { snapshot: boolean },
  ): Promise<Result<SandboxView>>;
  /** Deletes it with its workspace and its snapshots. For admins. */
  destroySandbox(principal: Principal, sandbox: SandboxId): Promise<Result<{ seq: number }>>;
  snapshotSandbox(principal: Principal, sandbox: SandboxId): Promise<Result<SnapshotRef>>;
  /** Makes the workspace what a snapshot (the newest where none is named) or a checkpoint says. For members. */
  restoreSandbox(
    principal: Principal,
    sandbox: SandboxId,
    to: { snapshot?: string; checkpoint?: CheckpointId },
  ): Promise<Result<SandboxView>>;
  checkpoint(principal: Principal, sandbox: SandboxId): Promise<Result<CheckpointView>>;
  checkpoints(principal: Principal, sandbox: SandboxId): Promise<Result<readonly CheckpointView[]>>;
  /** Changed lines since a checkpoint (the oldest kept where none is named), each with whose they are. */
  changes(
    principal: Principal,
    sandbox: SandboxId,
    between: { from?: CheckpointId; to?: CheckpointId },
  ): Promise<Result<readonly Hunk[]>>;
  undo(principal: Principal, sandbox: SandboxId, hunks: readonly string[]): Promise<Result<Undone>>;
  /** Whether the principal may open previews of this sandbox, for a preview token. */
  admitPreview(principal: Principal, sandbox: SandboxId): Promise<Result<{ org: OrgId }>>;
  /** The role of the principal, for a routing token. */
  admit(principal: Principal): Promise<Result<{ role: Role; org: OrgId }>>;
  /**
   * Sent by the Orchestrator itself when a session or an API key has ended: closes the sockets that came from it, or all
   * of the user's where `sid` is null, and takes no routing token that was issued before.
   */
  endSession(user: UserId, sid: string | null): Promise<Result<{ closed: number }>>;
  /**
   * Sent by the Orchestrator itself when the org has let a person go: takes them out of the group, also as its last admin.
   * The role then passes to the first of `heirs` who is a member; without one, the org's managers remain.
   */
  letGo(user: UserId, heirs: readonly UserId[]): Promise<Result<{ seq: number }>>;
  /** Ends runs, closes sockets, wipes the object and what it has in R2. For admins. */
  deleteGroup(principal: Principal): Promise<Result<{ seq: number }>>;
}

/** Header in which the Orchestrator hands a verified routing token's claims to the object with the upgrade. */
export const CONNECTION_HEADER = "acos-connection";
export interface ConnectionClaims {
  readonly user: UserId;
  readonly name: string;
  readonly jti: string;
  /** Seconds since the epoch (RFC 7519 NumericDate). */
  readonly exp: number;
  readonly sid: string;
}

/** What a verified preview token or cookie says; handed to the object with every request to a preview. */
export interface PreviewClaims {
  readonly user: UserId;
  readonly group: GroupId;
  readonly sandbox: SandboxId;
  readonly port: number;
  /** Ends with this sign-in or API key. */
  readonly sid: string;
  /** Of the token, on the first request: the object takes it once. */
  readonly jti?: string;
  /** Seconds since the epoch, of the token or cookie. */
  readonly exp: number;
}

/** What the certificate authority gives a group: a fresh key pair and the certificate for it. Never stored, never logged. */
export interface SessionCredentials {
  readonly privateJwk: Readonly<Record<string, unknown>>;
  readonly keyId: string;
  readonly certificate: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Remote methods of the Orchestrator's `GroupDirectory` entrypoint: what lists of groups say is told by the groups. */
export interface GroupDirectoryControl {
  /** Notes a group's name. The last one told counts. */
  rename(group: GroupId, name: string): Promise<void>;
  /** Notes whether a group lies in cold storage. The last one told counts. */
  noteArchived(group: GroupId, archived: boolean): Promise<void>;
}

/** Remote methods of the Orchestrator's `AuditTrail` entrypoint: what happens inside groups is told by the groups. */
export interface AuditTrailControl {
  /** Records news in the org's audit chain; what was told before is passed over. Throws when the store does not answer. */
  record(from: { group: GroupId; org: OrgId }, news: readonly GroupNews[]): Promise<void>;
}

/** Remote method of the Orchestrator's `SandboxSecrets` entrypoint, for the egress of a Sandbox Host and nobody else. */
export interface SandboxSecretsControl {
  /** The value of a secret that the group may use, with the hosts it may go to; null where there is none. */
  reveal(of: {
    org: OrgId;
    group: GroupId;
    name: string;
  }): Promise<{ readonly value: string; readonly hosts: readonly string[] } | null>;
}

/** Remote methods of the Orchestrator's `CertificateAuthority` entrypoint. */
export interface CertificateAuthorityControl {
  issue(subject: {
    group: GroupId;
    org: OrgId;
    epoch: number;
    /** Left out: the Agents Worker. */
    audience?: "acos:agents-worker" | "acos:sandbox-host";
  }): Promise<Result<SessionCredentials>>;
  /** The public keys that routing tokens are verified with: a JWKS document. */
  publicKeys(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>;
}
