// The sign-in surface: better-auth on D1, kept to email and password, organizations, invitations and API keys.
import type { AuditKind, OrgId, UserId } from "@acos/protocol";
import { apiKey } from "@better-auth/api-key";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { APIError, isAPIError } from "better-auth/api";
import { betterAuth } from "better-auth/minimal";
import { organization } from "better-auth/plugins/organization";

import { kindOfSessionEnd } from "../audit/session-ends.ts";
import { freshId, freshNonce, type Clock } from "../clock.ts";
import type { Settings } from "../env.ts";
import { logError, logWarning } from "../log.ts";
import type { Database } from "../store/database.ts";
import * as tables from "../store/sign-in-tables.ts";
import { API_KEY_PREFIX, API_KEY_START_CHARS, makeApiKey } from "./api-key.ts";
import { PERSON_NAME_MAX_CHARS } from "./caller.ts";
import { COOKIE_PREFIX } from "./cookies.ts";
import { requireMayFound, requireMayJoin, retireInvitations } from "./joining.ts";
import { leaving, leftOrg } from "./leaving.ts";
import { sessionNameOf } from "./session-name.ts";
import { slowGuessing } from "./slow-guessing.ts";
import { refusalOfStore } from "./store-refusals.ts";

export interface SignInParts {
  readonly settings: Settings;
  readonly db: Database;
  readonly clock: Clock;
  /** Called when a session ends or a user's name or role changes. Contract: does not throw. */
  readonly forget: (user: UserId) => void;
  /** Called when a session has ended. Contract: does not throw. */
  readonly ended: (session: { readonly user: UserId; readonly sid: string }) => Promise<void>;
  /** Called when somebody has left an org or was taken out of it. Contract: does not throw. */
  readonly left: (membership: { readonly user: UserId; readonly org: OrgId }) => Promise<void>;
  /** Called after a user or a session was made, before the answer. Contract: repeatable; a failure is its own to log. */
  readonly welcome: (user: { readonly id: UserId; readonly name: string }) => Promise<void>;
  /** Called when somebody ended a session, before the answer. Contract: does not throw. */
  readonly noteEnd: (user: UserId, kind: AuditKind) => Promise<void>;
}

export const SIGN_IN_PATH = "/api/auth";

export type SignIn = ReturnType<typeof createSignIn>;

/**
 * Makes the sign-in surface. Requests from other origins (own-origin.ts), and for routes that are not open (open-routes.ts),
 * are refused before they reach it.
 */
export function createSignIn(parts: SignInParts) {
  const { settings, db, clock } = parts;
  return betterAuth({
    appName: "Agentic Cloud OS",
    baseURL: settings.publicOrigins[0],
    basePath: SIGN_IN_PATH,
    secret: settings.authSecret,
    trustedOrigins: [...settings.publicOrigins],
    database: drizzleAdapter(db, { provider: "sqlite", schema: schemaOf(tables) }),
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    logger: {
      level: "error",
      log: (level, message) => logWarning(`sign-in: ${message}`, { level }),
    },
    // The library would write refusals to standard error as plain text; they are in the answer.
    onAPIError: { onError: tellFailure },
    // All requests are counted in one place, limits/request-limits.ts.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: COOKIE_PREFIX,
      useSecureCookies: settings.secure,
      disableCSRFCheck: true,
      // Anybody can send the header where no edge writes it.
      ipAddress: settings.embedded
        ? { disableIpTracking: true }
        : { ipAddressHeaders: ["cf-connecting-ip"] },
      database: { generateId: ({ model }) => idOf(model, clock) },
    },
    databaseHooks: hooksOf(parts),
    hooks: slowGuessing(clock),
    plugins: [organizations(parts), leaving(parts), apiKeys(clock)],
  });
}

/** Throws the refusal that is answered in place of a failure, where the failure was one. */
function tellFailure(error: unknown): void {
  const refusal = refusalOfStore(error);
  if (refusal) throw refusal;
  const isRefusal = isAPIError(error) && error.statusCode < 500;
  if (!isRefusal) logError("the sign-in surface failed", error);
}

function schemaOf({ users, sessions, signInMethods, verifications, ...rest }: typeof tables) {
  const { orgs, orgMembers, invitations, apiKeys: keys } = rest;
  return {
    user: users,
    session: sessions,
    account: signInMethods,
    verification: verifications,
    organization: orgs,
    member: orgMembers,
    invitation: invitations,
    apikey: keys,
  };
}

function idOf(model: string, clock: Clock): string {
  if (model === "user") return freshId(clock, "user");
  if (model === "organization") return freshId(clock, "org");
  if (model === "apikey") return freshId(clock, "apiKey");
  return freshNonce(clock);
}

function hooksOf({ welcome, forget, ended, noteEnd }: SignInParts) {
  // A picture would be an address that pages of others load; nothing shows one.
  const named = async <U extends { name?: string; email?: string }>(user: U) => ({
    data: {
      ...user,
      ...("image" in user && { image: null }),
      ...(user.name !== undefined && { name: personName(user.name, user.email ?? "") }),
    },
  });
  return {
    user: {
      create: {
        before: async (user: { name?: string; email: string }) => {
          requireFittingEmail(user.email);
          return named(user);
        },
        after: (user: { id: string; name: string }) =>
          welcome({ id: user.id as UserId, name: user.name }),
      },
      update: {
        before: named,
        // Caches hold the name. Nothing was changed where there is no user.
        after: async (user: { id: string } | null) => {
          if (user) forget(user.id as UserId);
        },
      },
    },
    session: {
      create: {
        after: (session: { userId: string }) => welcome({ id: session.userId as UserId, name: "" }),
      },
      delete: {
        after: async (
          session: { userId: string; token: string },
          context: { path?: string } | null,
        ) => {
          const user = session.userId as UserId;
          forget(user);
          await ended({ user, sid: await sessionNameOf(session.token) });
          const kind = kindOfSessionEnd(context?.path);
          if (kind) await noteEnd(user, kind);
        },
      },
    },
  };
}

/** What an access token holds; a longer one is no address (RFC 5321). */
const EMAIL_MAX_CHARS = 254;

/** Throws for an address with which its user could sign up, and prove nothing afterwards. */
function requireFittingEmail(email: string): void {
  if (email.length <= EMAIL_MAX_CHARS) return;
  const message = `An e-mail address has at most ${EMAIL_MAX_CHARS} characters; this one has ${email.length}.`;
  throw new APIError("BAD_REQUEST", { code: "INVALID_EMAIL", message });
}

function personName(name: string, email: string): string {
  const trimmed = name.trim().slice(0, PERSON_NAME_MAX_CHARS);
  return trimmed === "" ? (email.split("@")[0] ?? "Member") : trimmed;
}

function organizations(parts: SignInParts) {
  const { forget, db, clock } = parts;
  const changed = async ({ user }: { user: { id: string } }) => forget(user.id as UserId);
  return organization({
    // No mail is sent: who was given the invitation's id (128 random bits) and signs in with its address may accept it.
    requireEmailVerificationOnInvitation: false,
    organizationHooks: {
      beforeCreateOrganization: ({ user }) => requireMayFound(db, user),
      beforeCreateInvitation: ({ invitation }) => retireInvitations(db, invitation, clock.now()),
      beforeAcceptInvitation: async (offer) => {
        await requireNoPromotion(offer);
        await requireMayJoin(db, offer);
      },
      afterAddMember: changed,
      afterRemoveMember: ({ member }) => leftOrg(parts, member),
      afterUpdateMemberRole: changed,
      afterAcceptInvitation: changed,
    },
  });
}

/** Members see the ids of open invitations: without a proven address one of them is worth membership, never more. */
async function requireNoPromotion(offer: {
  readonly invitation: { readonly role?: string | null };
  readonly user: { readonly emailVerified: boolean };
}): Promise<void> {
  if (offer.user.emailVerified || (offer.invitation.role ?? "member") === "member") return;
  const message =
    "Your e-mail address is not verified, so you can only be invited as a member. Ask for that, and to be made admin afterwards.";
  throw new APIError("FORBIDDEN", { message });
}

function apiKeys(clock: Clock) {
  return apiKey({
    defaultPrefix: API_KEY_PREFIX,
    customKeyGenerator: () => makeApiKey(clock.random),
    maximumNameLength: 64,
    rateLimit: { enabled: false },
    startingCharactersConfig: { shouldStore: true, charactersLength: API_KEY_START_CHARS },
  });
}
