// Reads the public list of attacks on outgoing requests; a machine without it says so, CI fails without it.
import { describe, it } from "vitest";

/** One entry of ssrf.json: a URL, or a scenario that is played by hand. */
interface Attack {
  readonly url?: string;
  readonly scenario?: string;
}

/** The two functions of `node:fs` this needs; test files hand them in, so that only they know the platform. */
export interface Files {
  existsSync(path: URL): boolean;
  readFileSync(path: URL, encoding: "utf8"): string;
}

const FILE = new URL("../../../../shared/vectors/ssrf.json", import.meta.url);

export interface Attacks {
  readonly urls: readonly string[];
  readonly scenarios: readonly string[];
}

/** Runs a suite over the list, or a single test that says it was left out. */
export function describeAttacks(files: Files, suite: (attacks: Attacks) => void): void {
  describe("the attack list", () => {
    if (!files.existsSync(FILE)) {
      it("VECTORS LEFT OUT: ssrf.json", reportAbsence);
      return;
    }
    const { cases } = JSON.parse(files.readFileSync(FILE, "utf8")) as {
      readonly cases: readonly Attack[];
    };
    suite({
      urls: cases.flatMap(({ url }) => (url === undefined ? [] : [url])),
      scenarios: cases.flatMap(({ scenario }) => (scenario === undefined ? [] : [scenario])),
    });
  });
}

function reportAbsence(): void {
  if (process.env["CI"] === "true") throw new Error("CI must have ../shared/vectors/ssrf.json");
  console.warn(
    "*** ssrf.json: vectors left out, these defences were NOT tested on this machine ***",
  );
}
