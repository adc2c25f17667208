// How far audit chains were verified from this terminal: what was once seen whole cannot be cut or rewritten later.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { AuditMark } from "@acos/trust";

import { RefusedStart } from "../usage-error.ts";
import { credentialsPath } from "./credentials.ts";

type Environment = Readonly<Record<string, string | undefined>>;
/** By server and org. */
type Marks = Record<string, AuditMark>;

/** Where an org's chain ended when it was last found unbroken; undefined when it never was. Throws when the file is spoiled. */
export function readMark(environment: Environment, org: string): AuditMark | undefined {
  return readMarks(marksPath(environment))[org];
}

/** Remembers where a chain ended. `org` names the server as well. */
export function storeMark(environment: Environment, org: string, mark: AuditMark): void {
  const path = marksPath(environment);
  const marks = { ...readMarks(path), [org]: mark };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(marks, null, 2)}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
}

/** Beside the credentials, which have the same owner. */
function marksPath(environment: Environment): string {
  return join(dirname(credentialsPath(environment)), "audit.json");
}

function readMarks(path: string): Marks {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    // Nothing was verified from here yet.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
  try {
    return JSON.parse(text) as Marks;
  } catch {
    throw new RefusedStart(
      `${path} remembers what was verified, and cannot be read. Remove it to begin anew.`,
    );
  }
}
