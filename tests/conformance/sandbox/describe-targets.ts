// The same tests for every target: each test file starts the target once and gives every test a sandbox of its own.
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { SandboxClient } from "./sandbox-client.ts";
import { BUBBLEWRAP } from "./target-bubblewrap.ts";
import { CONTAINER } from "./target-container.ts";
import { FAKE } from "./target-fake.ts";
import type { Features, Place, Target } from "./target.ts";

const TARGETS: readonly Target[] = [FAKE, BUBBLEWRAP, CONTAINER].filter(
  (target) => target !== undefined,
);

export interface World {
  readonly features: Features;
  place(): Place;
  /** A sandbox that runs, of a group of its own. It is destroyed at the end of the file. */
  sandbox(): Promise<SandboxClient>;
  /** One that nobody has opened yet. */
  unopened(caps?: { readonly maxSandboxes: number }): Promise<SandboxClient>;
}

/** Tests that programs are needed for are left out of targets that run none: such a target is a stand-in, and says so. */
export function describeTargets(
  what: string,
  tests: (world: World) => void,
  needs: { readonly programs?: true } = {},
): void {
  const targets = TARGETS.filter(({ features }) => features.programs || !needs.programs);
  if (targets.length === 0)
    it(`${what}: left out, since no target here runs programs`, () => {
      expect(TARGETS.map(({ name }) => name)).toEqual(["fake"]);
    });
  for (const target of targets)
    describe(`${target.name}: ${what}`, () => {
      let place: Place | undefined;
      const made: SandboxClient[] = [];
      beforeAll(async () => {
        place = await target.start();
      });
      afterAll(async () => {
        for (const sandbox of made) await sandbox.ask("", { method: "DELETE" });
        await place?.stop();
      });
      const there = () => {
        if (place === undefined) throw new Error("the target is not started yet");
        return place;
      };
      const unopened = async (caps?: { readonly maxSandboxes: number }) => {
        const group = await there().authority.group(caps === undefined ? {} : { caps });
        const sandbox = new SandboxClient(there(), group);
        made.push(sandbox);
        return sandbox;
      };
      const sandbox = async () => {
        const fresh = await unopened();
        await fresh.open();
        return fresh;
      };
      tests({ features: target.features, place: there, sandbox, unopened });
    });
}
