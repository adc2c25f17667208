// The launcher's own words: standard error carries logs (plain or JSON lines), standard output only the `ready` line.

export type LogLevel = "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean>>;

export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogRim {
  readonly json: boolean;
  readonly now: () => Date;
  /** Contract: gets whole lines, each with its line end. */
  readonly write: (line: string) => void;
}

/** Makes a log; every call writes exactly one line, whatever the message holds. Does not filter by level. */
export function makeLog(rim: LogRim): Log {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    rim.write(
      rim.json
        ? jsonLine(rim.now(), { level, message, fields })
        : plainLine(level, message, fields),
    );
  };
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

interface Entry {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

function jsonLine(now: Date, entry: Entry): string {
  const { level, message, fields } = entry;
  return `${JSON.stringify({ at: now.toISOString(), level, message, ...fields })}\n`;
}

function plainLine(level: LogLevel, message: string, fields?: LogFields): string {
  const tail = Object.entries(fields ?? {}).map(([name, value]) => ` ${name}=${value}`);
  const text = message.replaceAll(/\s*\n\s*/g, " ⏎ ");
  return `${level === "info" ? "" : `${level}: `}${text}${tail.join("")}\n`;
}
