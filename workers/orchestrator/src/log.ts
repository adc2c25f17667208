// The one place that writes to the log: a JSON object a line, never with a secret, a token or a person's text in it.

/** What may stand in a log line beside its message. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes one line at level error, with the name and message of what was thrown. */
export function logError(message: string, cause: unknown, fields: LogFields = {}): void {
  const error = cause instanceof Error ? `${cause.name}: ${cause.message}` : "unknown";
  write("error", { message, error, ...fields });
}

/** Writes one line at level warn. */
export function logWarning(message: string, fields: LogFields = {}): void {
  write("warn", { message, ...fields });
}

function write(level: "error" | "warn", fields: LogFields): void {
  console[level](JSON.stringify({ level, worker: "orchestrator", ...fields }));
}
