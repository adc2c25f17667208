// Search marks, and pages around a message.
import type { MessageView } from "@acos/protocol";
import { expect, it } from "vitest";

import {
  PAGE_MESSAGES,
  pastQuery,
  readPage,
  type PastFrom,
  type PastPage,
} from "../src/history/past-query.ts";
import { markWords } from "../src/history/search-marks.ts";

function marked(text: string, query: string): string {
  const stretches = markWords(text, query);
  expect(stretches.map((each) => each.text).join("")).toBe(text);
  return stretches.map((each) => (each.marked ? `[${each.text}]` : each.text)).join("");
}

it.each([
  ["Ship it on Friday", "friday", "Ship it on [Friday]"],
  ["Ship it on Friday", "it friday", "Ship [it] on [Friday]"],
  ["Das Café in Zürich", "cafe zurich", "Das [Café] in [Zürich]"],
  ["Das Cafe\u0301 hier", "café", "Das [Cafe]\u0301 hier"],
  ["die Straße", "STRASSE", "die Straße"],
  ["价格是多少", "价格", "[价格]是多少"],
  ["an ﬁsh", "fish", "an [ﬁsh]"],
  ["👍 done 👍", "done", "👍 [done] 👍"],
  ["see msg_12 there", '"msg_12"', "see [msg_12] there"],
  ["nothing", "? !", "nothing"],
])("[W20] in %j, %j marks %j", (text, query, said) => {
  expect(marked(text, query)).toBe(said);
});

/** A group whose messages stand at these seqs. */
function logOf(seqs: readonly number[]) {
  const said = seqs.map((seq) => ({ seq }) as MessageView);
  const asked: number[] = [];
  const list = (before: number): Promise<readonly MessageView[]> => {
    asked.push(before);
    return Promise.resolve(said.filter(({ seq }) => seq < before).slice(-PAGE_MESSAGES));
  };
  return { list, asked };
}
const seqsOf = ({ messages }: PastPage): number[] => messages.map(({ seq }) => seq);
const upTo = (count: number): number[] => Array.from({ length: count }, (_none, at) => at + 1);

it("[W21] the page around a message has it, what is before and what is after", async () => {
  const { list } = logOf(upTo(400));
  const page = await readPage(list, { around: 200 }, 400);
  expect(seqsOf(page)).toEqual(upTo(400).slice(150, 250));
  expect(page).toMatchObject({ from: 151, to: 250 });
});

it("[W21] pages in both directions reach the beginning and the end, each message once", async () => {
  const all = upTo(400).filter((seq) => seq % 11 !== 0);
  const { list } = logOf(all);
  const { getPreviousPageParam, getNextPageParam } = pastQuery("grp_1", 200, () => 400);
  const pages = [await readPage(list, { around: 200 }, 400)];
  const first = (): PastFrom | null | undefined =>
    getPreviousPageParam?.(pages[0]!, pages, { around: 200 }, []);
  const next = (): PastFrom | null | undefined =>
    getNextPageParam(pages.at(-1)!, pages, { around: 200 }, []);
  for (let from = first(); from; from = first()) pages.unshift(await readPage(list, from, 400));
  for (let from = next(); from; from = next()) pages.push(await readPage(list, from, 400));
  expect(pages.flatMap(seqsOf)).toEqual(all);
});

it("[W21] a stretch in which nothing was said is passed over, a long one in steps", async () => {
  const { list, asked } = logOf([1, 2, 320, 5_000]);
  const page = await readPage(list, { after: 2, head: 5_000 }, 5_000);
  expect(seqsOf(page)).toEqual([320]);
  const next = await readPage(list, { after: page.to, head: 5_000 }, 5_000);
  expect(seqsOf(next)).toEqual([]);
  expect(next.to).toBeGreaterThan(page.to);
  expect(asked.length).toBeLessThan(20);
});

it("[W21] a message at either end has its page, too", async () => {
  const { list } = logOf([1, 2, 3]);
  expect(await readPage(list, { around: 1 }, 3)).toMatchObject({ from: 1, to: 3 });
  const last = await readPage(list, { around: 3 }, 3);
  expect(seqsOf(last)).toEqual([1, 2, 3]);
});
