// The host's own words: JSON lines on standard error. Nobody's commands and no secret are in them.

export type LogFields = Readonly<Record<string, string | number | boolean>>;

export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Makes a log; `write` gets whole lines with their line end. */
export function makeLog(write: (line: string) => void, now: () => Date): Log {
  const at = (level: string) => (message: string, fields?: LogFields) =>
    write(`${JSON.stringify({ at: now().toISOString(), level, message, ...fields })}\n`);
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

export const textOf = (error: unknown): string =>
  error instanceof Error ? error.message : "unknown";
