// Where the sign-in library checks a password, and how it says that one was wrong: what every count of guesses goes by.

/** The second takes a session, which may be stolen. */
const CHECKS = {
  "/sign-in/email": "INVALID_EMAIL_OR_PASSWORD",
  "/change-password": "INVALID_PASSWORD",
} as const;

export type ChecksPassword = keyof typeof CHECKS;

/** Tells whether a path below /api/auth checks a password. */
export function checksPassword(path: string): path is ChecksPassword {
  return Object.hasOwn(CHECKS, path);
}

/** Tells whether a refusal's code at such a path says that the password was wrong; any other one says nothing about it. */
export function saysWrong(path: ChecksPassword, code: unknown): boolean {
  return code === CHECKS[path];
}
