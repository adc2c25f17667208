// A thousand captured requests sent again: at once to the gate that took them, and after the window to one that never saw them.
import { expect, it } from "vitest";

import { createRequestGate, verifySignedRequest } from "../src/index.ts";
import {
  NOW_MS,
  caRing,
  certificateWith,
  reasonOf,
  signedRequest,
  type SignedFixture,
} from "./builders.ts";

const CAPTURED = 1000;
/** Longer than the 30 s that a signature counts and the 5 s of skew together. */
const LATER_MS = NOW_MS + 35_000;

it("[Q8] [Q3] 1,000 captured requests are used at the gate that took them, and expired at any other 35 s later", async () => {
  const certificate = await certificateWith();
  const gate = createRequestGate("acos:agents-worker", await caRing());
  const captured: SignedFixture["request"][] = [];
  for (let count = 0; count < CAPTURED; count += 1)
    captured.push((await signedRequest({ certificate })).request);
  const verdicts = async (at: typeof gate, nowMs: number) => {
    const tally: Record<string, number> = {};
    for (const request of captured) {
      const reason = await reasonOf(verifySignedRequest(request, at, nowMs));
      tally[reason] = (tally[reason] ?? 0) + 1;
    }
    return tally;
  };
  expect(await verdicts(gate, NOW_MS)).toEqual({ accepted: CAPTURED });
  expect(await verdicts(gate, NOW_MS)).toEqual({ used: CAPTURED });
  const fresh = createRequestGate("acos:agents-worker", await caRing());
  expect(await verdicts(fresh, LATER_MS)).toEqual({ expired: CAPTURED });
  expect(await verdicts(gate, LATER_MS)).toEqual({ expired: CAPTURED });
});
