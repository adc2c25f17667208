// Text of others on the user's terminal.

/** Text that cannot move the cursor, change colours or ring: whoever wrote it is not the owner of this terminal. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}

/** The same on one line: what others wrote cannot look like a line of ours. */
export function plainLine(text: string): string {
  return plain(text)
    .replaceAll(/\s*[\n\u2028\u2029]\s*/g, " ")
    .trim();
}
