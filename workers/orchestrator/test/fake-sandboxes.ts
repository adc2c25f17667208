// A stand-in for a group's sandboxes: which there are, what was asked of them, and what they answer.
import {
  makeId,
  PREVIEW_HEADER,
  PRINCIPAL_HEADER,
  problem,
  sandboxLimitsSchema,
  type CheckpointView,
  type GroupControl,
  type Hunk,
  type PreviewClaims,
  type Principal,
  type Result,
  type Role,
  type SandboxId,
  type SandboxView,
} from "@acos/protocol";

type Args<Method extends keyof GroupControl> = Parameters<GroupControl[Method]>;

export interface AskedInside {
  readonly method: string;
  /** Path and query as the group's object was asked. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Requests for sandboxes and previews, in order. */
export const askedInside: AskedInside[] = [];
/** What groups were told to restore, and of what they were asked for changes, in order. */
export const toldOfSandboxes: object[] = [];

type Inside = (asked: AskedInside, request: Request) => Response | Promise<Response>;
const AS_USUAL: Inside = () => Response.json({ items: [] });
/** What a sandbox answers; a test sets its own. */
export const inside: { answer: Inside } = { answer: AS_USUAL };

export function answerAsUsual(): void {
  inside.answer = AS_USUAL;
  askedInside.length = 0;
  toldOfSandboxes.length = 0;
}

export const NO_SANDBOX = {
  ok: false,
  problem: problem("not_found", "There is no such sandbox."),
} as const;
const MEMBERS_ONLY = { ok: false, problem: problem("forbidden", "Viewers only look.") } as const;
const ADMINS_ONLY = { ok: false, problem: problem("forbidden", "Only admins do that.") } as const;

const AT = "2026-01-01T00:00:00.000Z";
export const SNAPSHOT = { snapshot: "a".repeat(64), files: 3, bytes: 1_000 };
export const CHECKPOINTS: readonly CheckpointView[] = [1, 2, 3].map((place) => ({
  checkpoint: makeId("checkpoint", place, new Uint8Array(10)),
  at: AT,
}));
export const HUNK: Hunk = {
  hunk: "b".repeat(64),
  path: "main.ts",
  diff: "@@ -1 +1 @@\n-a\n+b\n",
  added: 1,
  removed: 1,
};

export class FakeSandboxes {
  readonly #kv: SyncKvStorage;
  readonly #roleOf: (principal: Principal) => Role | undefined;

  constructor(kv: SyncKvStorage, roleOf: (principal: Principal) => Role | undefined) {
    this.#kv = kv;
    this.#roleOf = roleOf;
  }

  get #all(): readonly SandboxView[] {
    return this.#kv.get<SandboxView[]>("sandboxes") ?? [];
  }

  set #all(all: readonly SandboxView[]) {
    this.#kv.put("sandboxes", all);
  }

  require(principal: Principal, sandbox: SandboxId): Result<SandboxView> {
    const found = this.#all.find((one) => one.sandbox === sandbox);
    return found && this.#roleOf(principal) ? { ok: true, value: found } : NO_SANDBOX;
  }

  /** For members, as one of them. */
  #change<T>(
    [principal, sandbox]: readonly [Principal, SandboxId],
    act: (view: SandboxView) => T,
  ): Result<T> {
    const found = this.require(principal, sandbox);
    if (!found.ok) return found;
    if (this.#roleOf(principal) === "viewer") return MEMBERS_ONLY;
    return { ok: true, value: act(found.value) };
  }

  list(...[principal]: Args<"sandboxes">): Result<readonly SandboxView[]> {
    return this.#roleOf(principal) ? { ok: true, value: this.#all } : NO_SANDBOX;
  }

  create(...[principal, wanted]: Args<"createSandbox">): Result<SandboxView> {
    const role = this.#roleOf(principal);
    if (role === undefined || role === "viewer") return role ? MEMBERS_ONLY : NO_SANDBOX;
    const { sandbox, name = "work", limits = sandboxLimitsSchema.parse({}) } = wanted;
    const view: SandboxView = { sandbox, name, state: "cold", limits, createdAt: AT };
    this.#all = [...this.#all, view];
    return { ok: true, value: view };
  }

  stop(...[principal, sandbox, how]: Args<"stopSandbox">): Result<SandboxView> {
    toldOfSandboxes.push(how);
    return this.#change([principal, sandbox], (view) => ({ ...view, stopped: "asked" }));
  }

  destroy(...[principal, sandbox]: Args<"destroySandbox">): Result<{ seq: number }> {
    const found = this.require(principal, sandbox);
    if (!found.ok) return found;
    if (this.#roleOf(principal) !== "admin") return ADMINS_ONLY;
    this.#all = this.#all.filter((one) => one.sandbox !== sandbox);
    return { ok: true, value: { seq: 8 } };
  }

  snapshot(...[principal, sandbox]: Args<"snapshotSandbox">): Result<typeof SNAPSHOT> {
    return this.#change([principal, sandbox], () => SNAPSHOT);
  }

  restore(...[principal, sandbox, to]: Args<"restoreSandbox">): Result<SandboxView> {
    toldOfSandboxes.push(to);
    return this.#change([principal, sandbox], (view) => view);
  }

  checkpoint(...[principal, sandbox]: Args<"checkpoint">): Result<CheckpointView> {
    return this.#change([principal, sandbox], () => CHECKPOINTS[0]!);
  }

  checkpoints(...[principal, sandbox]: Args<"checkpoints">): Result<readonly CheckpointView[]> {
    const found = this.require(principal, sandbox);
    return found.ok ? { ok: true, value: CHECKPOINTS } : found;
  }

  changes(...[principal, sandbox, between]: Args<"changes">): Result<readonly Hunk[]> {
    toldOfSandboxes.push(between);
    const found = this.require(principal, sandbox);
    return found.ok ? { ok: true, value: [HUNK] } : found;
  }

  undo(...[principal, sandbox, hunks]: Args<"undo">): Awaited<ReturnType<GroupControl["undo"]>> {
    return this.#change([principal, sandbox], () => ({ undone: [...hunks], refused: [] }));
  }

  /** What goes into a sandbox: recorded, and answered as the test says. */
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const asked: AskedInside = {
      method: request.method,
      target: `${url.pathname}${url.search}`,
      headers: new Headers(request.headers),
      body: request.body === null ? "" : await request.text(),
    };
    askedInside.push(asked);
    const [, where, sandbox] = url.pathname.split("/");
    if (where === "previews") return this.#preview(asked, request);
    const principal = JSON.parse(request.headers.get(PRINCIPAL_HEADER) ?? "null") as Principal;
    const found = this.require(principal, sandbox as SandboxId);
    if (!found.ok) return refuse(found.problem);
    const isViewer = this.#roleOf(principal) === "viewer";
    if (isViewer && request.method !== "GET") return refuse(MEMBERS_ONLY.problem);
    return inside.answer(asked, request);
  }

  async #preview(asked: AskedInside, request: Request): Promise<Response> {
    const claims = JSON.parse(asked.headers.get(PREVIEW_HEADER) ?? "null") as PreviewClaims;
    const used = this.#kv.get<string[]>("previews") ?? [];
    if (claims.jti !== undefined && used.includes(claims.jti))
      return refuse(problem("used_token", "This link was used."));
    if (claims.jti !== undefined) this.#kv.put("previews", [...used, claims.jti]);
    return inside.answer(asked, request);
  }
}

function refuse(refused: ReturnType<typeof problem>): Response {
  const statuses: Record<string, number> = { not_found: 404, forbidden: 403, used_token: 401 };
  return Response.json(refused, { status: statuses[refused.code] ?? 500 });
}
