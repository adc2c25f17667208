// Builders for tests of what befalls a group on its way to R2 and back.
import { runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";

import { stubOf, type TestGroup } from "./member.ts";
import { holding, mishap } from "./worker.ts";

/** Commands that share a commit. */
const AT_ONCE = 250;

export const post = (text: string) => ({
  kind: "message-post" as const,
  parts: [{ type: "text" as const, text }],
});

/** Lets something be cut short at its first use of R2, at its second, and so on until it has none left; says how many it had. */
export async function atEveryUse(attempt: (at: number) => Promise<void>): Promise<number> {
  for (let at = 1; ; at += 1) {
    mishap.at = at;
    await attempt(at);
    const isOver = mishap.at > 0;
    mishap.at = 0;
    if (isOver) return at - 1;
  }
}

/** Holds what cold storage is given under keys with `puts` in them, until what is answered is called. */
export function hold(puts: string): {
  readonly untilHeld: Promise<void>;
  readonly letGo: () => void;
} {
  Object.assign(holding, { puts, held: 0 });
  const untilHeld = expect.poll(() => holding.held).toBeGreaterThan(0);
  return { untilHeld, letGo: () => Object.assign(holding, { puts: null }) };
}

/** Posts messages `from` to `to`, inside the object and many at once, which is quicker. */
export async function grow(group: TestGroup, from: number, to: number): Promise<void> {
  await runInDurableObject(stubOf(group.id), async (object) => {
    for (let begin = from; begin < to; begin += AT_ONCE) {
      const count = Math.min(AT_ONCE, to - begin);
      const numbers = Array.from({ length: count }, (_, index) => begin + index);
      await Promise.all(
        numbers.map((number) =>
          object.command(group.lena, { id: `g-${number}`, command: post(`message ${number}`) }),
        ),
      );
    }
  });
}
