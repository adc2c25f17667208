// Where password guesses are held up: hooks of the sign-in surface, round the one route that checks a password.
import { APIError, createAuthMiddleware, isAPIError } from "better-auth/api";

import type { Clock } from "../clock.ts";
import { PasswordGuesses } from "./password-guesses.ts";

const CHECKS_PASSWORD = "/sign-in/email";
/** How long a request waits for others at the same address to be checked, and how often it looks. */
const BUSY_MS = 5_000;
const LOOK_EVERY_MS = 50;

/**
 * Hooks that refuse a sign-in with 429 and `Retry-After` after too many wrong passwords for its e-mail address. An address
 * that nobody has is treated the same, so that the refusal does not tell who has an account.
 */
export function slowGuessing(clock: Clock) {
  const guesses = new PasswordGuesses();
  const before = createAuthMiddleware(async ({ path, body }) => {
    const address = addressOf(path, body);
    if (address === undefined) return;
    const waitMs = await waitOf(guesses, clock, address);
    if (waitMs > 0) throw tooMany(waitMs);
  });
  // It does not run after a refusal of `before`, where no guess was begun.
  const after = createAuthMiddleware(async ({ path, body, context }) => {
    const address = addressOf(path, body);
    if (address === undefined) return;
    const { returned } = context;
    const failed = isAPIError(returned);
    const wrong = failed && returned.body?.code === "INVALID_EMAIL_OR_PASSWORD";
    guesses.end(address, wrong ? "wrong" : failed ? "neither" : "right", clock.now());
  });
  return { before, after };
}

function addressOf(path: string, body: unknown): string | undefined {
  if (path !== CHECKS_PASSWORD || typeof body !== "object" || body === null) return undefined;
  const email: unknown = "email" in body ? body.email : undefined;
  // Longer ones are no addresses (RFC 5321) and are refused as such.
  return typeof email === "string" ? email.toLowerCase().slice(0, 320) : undefined;
}

async function waitOf(guesses: PasswordGuesses, clock: Clock, address: string): Promise<number> {
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    const guess = guesses.begin(address, clock.now());
    if (guess.may === "guess") return 0;
    if (guess.may === "wait" || waitedMs >= BUSY_MS) return guess.waitMs;
    await scheduler.wait(LOOK_EVERY_MS);
  }
}

function tooMany(retryAfterMs: number): APIError {
  const seconds = Math.ceil(retryAfterMs / 1000);
  const message = `Too many wrong passwords for this address. Try again in ${seconds} seconds; where you are signed in already, you stay so.`;
  const body = { code: "rate_limited", message, retryAfterMs };
  return new APIError("TOO_MANY_REQUESTS", body, { "retry-after": String(seconds) });
}
