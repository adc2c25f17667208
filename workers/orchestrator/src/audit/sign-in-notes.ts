// What the audit log says of the sign-in surface: read from each answer of the library, by its path.
import { isId, parseJson, type AuditNote, type OrgId, type UserId } from "@acos/protocol";
import { sha256Hex } from "@acos/trust";
import { eq } from "drizzle-orm";

import type { ControlPlane } from "../control-plane.ts";
import { users } from "../store/sign-in-tables.ts";
import { INSTALLATION_CHAIN, type Find } from "./audit.ts";
import { chainsOfThing } from "./find-chains.ts";

/** A request of the sign-in surface and what was answered. */
export interface SignInExchange {
  /** Below /api/auth. */
  readonly path: string;
  readonly request: Request;
  /** The request's body. */
  readonly sent: string;
  readonly answer: Response;
}

type Fields = Readonly<Record<string, unknown>>;

/** Of a user's own account, in the chains of all their orgs. */
const OF_USER: Readonly<Record<string, AuditNote["kind"]>> = {
  "/sign-up/email": "sign-up",
  "/sign-in/email": "sign-in",
  "/change-password": "password-changed",
};

interface OrgRow {
  readonly kind: AuditNote["kind"];
  /** Picks from the answer whom or what it is about; only what is named here is told. */
  readonly about: (said: Fields) => { subject: unknown; org: unknown; details?: Fields };
}

const ofMember = (said: Fields) => ({
  subject: said["userId"],
  org: said["organizationId"],
  details: { role: said["role"] },
});
const ofInvitation = (said: Fields) => ({
  subject: said["id"],
  org: said["organizationId"],
  details: { role: said["role"] },
});
const ofOrg = (said: Fields) => ({ subject: said["id"], org: said["id"] });

const OF_ORG: Readonly<Record<string, OrgRow>> = {
  "/organization/create": { kind: "org-created", about: ofOrg },
  "/organization/invite-member": { kind: "invitation-made", about: ofInvitation },
  "/organization/cancel-invitation": { kind: "invitation-cancelled", about: ofInvitation },
  "/organization/accept-invitation": {
    kind: "org-member-added",
    about: ({ member, invitation }) => ({
      ...ofMember(fieldsOf(member)),
      details: { role: fieldsOf(member)["role"], invitation: fieldsOf(invitation)["id"] },
    }),
  },
  "/organization/remove-member": {
    kind: "org-member-removed",
    about: ({ member }) => ofMember(fieldsOf(member)),
  },
  "/organization/leave": { kind: "org-member-removed", about: ofMember },
  "/organization/update-member-role": { kind: "org-role-changed", about: ofMember },
};

/** Records what an answer of the sign-in surface did, before it resolves, and what it refused, after the answer. */
export async function noteSignInAnswer(
  plane: ControlPlane,
  exchange: SignInExchange,
): Promise<void> {
  const { path, answer } = exchange;
  if (answer.status >= 400) return noteRefused(plane, exchange);
  const kind = OF_USER[path];
  const row = OF_ORG[path];
  if (!kind && !row) return;
  const said = fieldsOf(await answer.clone().json());
  if (row) return noteOrg(plane, exchange, { row, said });
  const user = fieldsOf(said["user"])["id"];
  if (kind && typeof user === "string") await plane.audit.noteUser(user as UserId, { kind });
}

async function noteOrg(
  { audit, signIn }: ControlPlane,
  { request }: SignInExchange,
  { row, said }: { readonly row: OrgRow; readonly said: Fields },
): Promise<void> {
  const { subject, org, details = {} } = row.about(said);
  if (typeof org !== "string") return;
  const told = Object.entries(details).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" ? [[name, value]] : [],
  );
  const note: AuditNote = {
    kind: row.kind,
    actor: "unknown",
    ...(typeof subject === "string" && { subject }),
    ...(told.length > 0 && { details: Object.fromEntries(told) }),
  };
  await audit.noteFound(note, async () => {
    const session = await signIn.api.getSession({ headers: request.headers });
    return { chains: [org as OrgId], ...(session && { actor: session.user.id }) };
  });
}

async function noteRefused(plane: ControlPlane, exchange: SignInExchange): Promise<void> {
  const { path, sent, answer } = exchange;
  if (![401, 403, 429].includes(answer.status)) return;
  const fields = readFields(sent);
  if (path === "/sign-in/email" && typeof fields["email"] === "string")
    return noteGuess(plane, fields["email"], answer.status);
  const org = fields["organizationId"];
  plane.audit.noteLater(
    {
      kind: "refused",
      actor: "unknown",
      // Routes of the library are words; whatever else stands in a path is not repeated here.
      details: { operation: /^[a-z/-]{1,60}$/.test(path) ? path : "(other)", code: answer.status },
    },
    async () => {
      const chains = typeof org === "string" ? await chainsOfThing(plane.db, org) : [];
      const session = await plane.signIn.api.getSession({ headers: exchange.request.headers });
      const actor = session ? { actor: session.user.id } : {};
      return { chains: chains.length > 0 ? chains : [INSTALLATION_CHAIN], ...actor };
    },
  );
}

/** A refused sign-in: in the chains of whose address it was, or in the installation's, with no address in clear. */
async function noteGuess(plane: ControlPlane, email: string, status: number): Promise<void> {
  const address = email.toLowerCase();
  const stranger = `person:${(await sha256Hex(address)).slice(0, 12)}`;
  const find: Find = async () => {
    const [user] = await plane.db
      .select({ id: users.id })
      .from(users)
      .where(eq(users.email, address));
    if (!user || !isId("user", user.id)) return { chains: [INSTALLATION_CHAIN] };
    return { chains: await plane.audit.orgsOf(user.id), actor: user.id };
  };
  const reason = status === 429 ? "held-up" : "wrong-password";
  const note = { kind: "sign-in-refused", actor: stranger, details: { reason } } as const;
  plane.audit.noteLater(note, find);
}

function readFields(text: string): Fields {
  try {
    return fieldsOf(parseJson(text, "A request"));
  } catch {
    // What is no JSON was refused as such.
    return {};
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
