// Where password guesses are held up: hooks of the sign-in surface, round the routes that check a password.
import { APIError, createAuthMiddleware, getSessionFromCtx, isAPIError } from "better-auth/api";

import type { Clock } from "../clock.ts";
import { checksPassword, saysWrong } from "./checked-passwords.ts";
import { PasswordGuesses } from "./password-guesses.ts";

/** How long a request waits for others of the same name to be checked, and how often it looks. */
const BUSY_MS = 5_000;
const LOOK_EVERY_MS = 50;

type Context = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0];

/** Whose password is guessed at, in the counts that it belongs to. */
interface Guessed {
  readonly guesses: PasswordGuesses;
  readonly name: string;
  /** As a refusal calls it. */
  readonly what: string;
}

/**
 * Hooks that refuse with 429 and `Retry-After` after too many wrong passwords: a sign-in by its e-mail address, a change of
 * password by the session's user. An address that nobody has is treated the same, so that the refusal does not tell who has
 * an account.
 */
export function slowGuessing(clock: Clock) {
  // Apart, so that no address is taken for a user and guesses at one hold up nothing of the other.
  const counts = { byAddress: new PasswordGuesses(), byUser: new PasswordGuesses() };
  const begun = new WeakMap<Request, Guessed>();
  const before = createAuthMiddleware(async (context) => {
    const guessed = await guessedBy(context, counts);
    if (!guessed || !context.request) return;
    const waitMs = await waitOf(guessed, clock);
    if (waitMs > 0) throw tooMany(guessed, waitMs);
    begun.set(context.request, guessed);
  });
  // It does not run after a refusal of `before`, where no guess was begun.
  const after = createAuthMiddleware(async ({ path, request, context }) => {
    const guessed = request && begun.get(request);
    if (!guessed || !checksPassword(path)) return;
    const { returned } = context;
    const failed = isAPIError(returned);
    const wrong = failed && saysWrong(path, returned.body?.code);
    const outcome = wrong ? "wrong" : failed ? "neither" : "right";
    guessed.guesses.end(guessed.name, outcome, clock.now());
  });
  return { before, after };
}

async function guessedBy(
  context: Context,
  counts: { readonly byAddress: PasswordGuesses; readonly byUser: PasswordGuesses },
): Promise<Guessed | undefined> {
  if (!checksPassword(context.path)) return undefined;
  if (context.path === "/sign-in/email") {
    const name = addressOf(context.body);
    return name === undefined ? undefined : { guesses: counts.byAddress, name, what: "address" };
  }
  // By now, since the route may end the session. Whoever has none is refused before the password is looked at.
  const session = await getSessionFromCtx(context, { disableRefresh: true });
  return session ? { guesses: counts.byUser, name: session.user.id, what: "user" } : undefined;
}

function addressOf(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const email: unknown = "email" in body ? body.email : undefined;
  // Longer ones are no addresses (RFC 5321) and are refused as such.
  return typeof email === "string" ? email.toLowerCase().slice(0, 320) : undefined;
}

async function waitOf({ guesses, name }: Guessed, clock: Clock): Promise<number> {
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    const guess = guesses.begin(name, clock.now());
    if (guess.may === "guess") return 0;
    if (guess.may === "wait" || waitedMs >= BUSY_MS) return guess.waitMs;
    await scheduler.wait(LOOK_EVERY_MS);
  }
}

function tooMany({ what }: Guessed, retryAfterMs: number): APIError {
  const seconds = Math.ceil(retryAfterMs / 1000);
  const message = `Too many wrong passwords for this ${what}. Try again in ${seconds} seconds; where you are signed in already, you stay so.`;
  const body = { code: "rate_limited", message, retryAfterMs };
  return new APIError("TOO_MANY_REQUESTS", body, { "retry-after": String(seconds) });
}
