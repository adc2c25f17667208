// The one error for "you asked for something that cannot be": its text is shown as it is, and the exit code is 2.

export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** An error whose text already says what happened and what to do; shown without a stack, exit code 1. */
export class RefusedStart extends Error {
  override readonly name = "RefusedStart";
}
