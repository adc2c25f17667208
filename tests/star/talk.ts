// Long conversations for the whole-star tests: talk that fills a briefing quickly, and summaries as they come about by it.
import type { EventOf } from "@acos/protocol";

import type { GroupSocket } from "../socket.ts";
import { event, eventsOf, give, say } from "./scene.ts";

/** The smallest budget there is: a dozen messages fill it. */
export const SMALL_BUDGET = { briefingTokens: 4_000 } as const;

const WORDS =
  "garden river stone lamp winter paper bridge window market summer engine letter harbour copper meadow island ladder orchard pepper saddle".split(
    " ",
  );

/** About 200 tokens in which nothing is worth keeping; the same for the same number. */
function chatter(number: number): string {
  const words = Array.from(
    { length: 140 },
    (_, place) => WORDS[(number * 7 + place * place + 3 * place) % WORDS.length],
  );
  return `Talk ${number}: ${words.join(" ")}`;
}

/** Posts so many messages of chatter, many at once. */
export async function talk(socket: GroupSocket, from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, index) => from + index);
  await Promise.all(
    numbers.map((number) =>
      give(socket, { kind: "message-post", parts: [{ type: "text", text: chatter(number) }] }),
    ),
  );
}

type SummaryEnd = EventOf<"summary-made"> | EventOf<"summary-refused">;

/** Waits for what became of a summary that was asked for. */
async function endOfSummary(socket: GroupSocket, summary: string): Promise<SummaryEnd> {
  return socket.waitFor((frame) => {
    if (frame.type !== "event") return undefined;
    const { event: one } = frame;
    const isEnd = one.kind === "summary-made" || one.kind === "summary-refused";
    return isEnd && one.summary === summary ? one : undefined;
  }, "end of the summary");
}

/** Asks for a summary of all so far and waits for what becomes of it. */
export async function milestone(socket: GroupSocket): Promise<SummaryEnd> {
  const seq = await give(socket, { kind: "summary-ask" });
  const asked = await event(socket, "summary-asked", (_one, at) => at === seq);
  return endOfSummary(socket, asked.event.summary);
}

/** Talks until the group asks for a summary by itself, and waits for what becomes of it. */
export async function talkUntilSummary(socket: GroupSocket, from: number): Promise<SummaryEnd> {
  const asked = () => eventsOf(socket).filter((row) => row.event.kind === "summary-asked");
  const before = asked().length;
  for (let number = from; ; number += 1) {
    if (number > from + 100) throw new Error("A hundred messages, and no summary is asked for.");
    await say(socket, chatter(number));
    const newest = asked()[before];
    if (newest?.event.kind === "summary-asked") return endOfSummary(socket, newest.event.summary);
  }
}
