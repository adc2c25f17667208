import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { type Machine, requireBubblewrap } from "../src/up/bubblewrap.ts";

let folder: string;
let ran: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "acos-bubblewrap-"));
  ran = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const place = (program: string) =>
  writeFileSync(join(folder, program), "#!/bin/sh\n", { mode: 0o755 });

/** Root on Debian with apt-get; what a run does is up to the test. */
function machine(given: Partial<Machine> = {}): Machine {
  place("apt-get");
  return {
    environment: { PATH: folder },
    isRoot: true,
    isDebian: true,
    log: { info: () => undefined },
    run: async (command, args) => {
      ran.push(`${command} ${args.join(" ")}`);
      if (args[0] === "install") place("bwrap");
      return 0;
    },
    ...given,
  };
}
const INSTALL = "apt-get install -y --no-install-recommends bubblewrap";

describe("bubblewrap", () => {
  it("[H6] is not installed where it is there", async () => {
    place("bwrap");
    expect(await requireBubblewrap(machine())).toBeUndefined();
    expect(ran).toEqual([]);
  });

  it("[H6] is installed without asking as root on Debian", async () => {
    expect(await requireBubblewrap(machine())).toBeUndefined();
    expect(ran).toEqual([INSTALL]);
  });

  it("[H6] is asked for again after the list of packages was fetched", async () => {
    const failing = machine({
      run: async (command, args) => {
        ran.push(`${command} ${args.join(" ")}`);
        if (ran.includes("apt-get update") && args[0] === "install") place("bwrap");
        return ran.length === 1 ? 100 : 0;
      },
    });
    expect(await requireBubblewrap(failing)).toBeUndefined();
    expect(ran).toEqual([INSTALL, "apt-get update", INSTALL]);
  });

  it.each([
    ["nobody who may install it", { isRoot: false }],
    ["another system", { isDebian: false }],
    ["a Debian without apt-get", { environment: { PATH: "/nowhere" } }],
  ])("[H6] is left to the operator, with the command, for %s", async (_who, given) => {
    expect(await requireBubblewrap(machine(given))).toContain(`sudo ${INSTALL}`);
    expect(ran).toEqual([]);
  });

  it("[H6] that cannot be installed is told with what happened", async () => {
    const offline = machine({ run: async () => 100 });
    expect(await requireBubblewrap(offline)).toContain("ended with 100");
    const hanging = machine({ run: async () => null });
    expect(await requireBubblewrap(hanging)).toContain("ended with no answer");
  });
});
