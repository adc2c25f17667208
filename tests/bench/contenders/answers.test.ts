// What the clients make of an answer as it comes.
import { describe, expect, it } from "vitest";

import { replyLengthOf, modelNameOf, replyShapeOf, tokenText, TOKEN_CHARS } from "../model-name.ts";
import { AnswerClock } from "./answer-clock.ts";
import { PacedPosts } from "./paced-posts.ts";
import { SseReader } from "./sse.ts";
import { TextWatcher } from "./text-watcher.ts";

describe("answers", () => {
  it("[B15] does not time an answer that broke off", () => {
    const clock = new AnswerClock(12);
    clock.grow(6);
    expect(clock.complete()).toBe(false);
    expect(() => clock.timing()).toThrow(/6 of 12 characters/);
    clock.reach(12);
    const { firstMs, lastMs } = clock.timing();
    expect(lastMs).toBeGreaterThanOrEqual(firstMs);
  });

  it("[B15] knows the length of every reply from its model's name", () => {
    const shape = { firstTokenMs: 30, tokens: 12_345, gapMs: 10 };
    expect(replyShapeOf(modelNameOf(shape))).toEqual(shape);
    expect(replyLengthOf(modelNameOf(shape))).toBe(12_345 * TOKEN_CHARS);
    const texts = [0, 7, 10_001, 12_344].map((index) => tokenText(index, 12_345));
    expect(texts.map((text) => text.length)).toEqual([6, 6, 6, 6]);
    expect(texts.at(-1)?.trimEnd()).toBe(texts.at(-1));
  });

  it("reads events that are cut anywhere", () => {
    const seen: string[] = [];
    const reader = new SseReader((data) => seen.push(data));
    for (const piece of ["data: a\n", "\ndata: b", "1\r\ndata: b2\r\n\r", "\n: comment\n\n"])
      reader.read(piece);
    expect(seen).toEqual(["a", "b1\nb2"]);
  });

  it("tells an onlooker's time once its text is as long as wanted", async () => {
    const watcher = new TextWatcher();
    const seen = watcher.seen(10);
    watcher.grow(6);
    watcher.reach(4);
    watcher.reach(10);
    await expect(seen).resolves.toBeGreaterThan(0);
  });

  it("[B15] does not take the end of one answer for the next", async () => {
    const watcher = new TextWatcher();
    const first = watcher.seen(10);
    watcher.reach(10, "one");
    await first;
    let resolved = false;
    const second = watcher.seen(10).then(() => (resolved = true));
    watcher.reach(10, "one");
    watcher.reach(9, "two");
    await Promise.resolve();
    expect(resolved).toBe(false);
    watcher.reach(10, "two");
    await expect(second).resolves.toBe(true);
  });

  it("keeps a window of posts in flight and ends with the last acknowledgement", async () => {
    const sent: number[] = [];
    const posts = new PacedPosts((index) => sent.push(index));
    const done = posts.post(120);
    expect(sent).toHaveLength(50);
    for (let acknowledged = 0; acknowledged < 120; acknowledged += 1) posts.acknowledged();
    await done;
    expect(sent).toHaveLength(120);
    expect(new Set(sent).size).toBe(120);
  });
});
