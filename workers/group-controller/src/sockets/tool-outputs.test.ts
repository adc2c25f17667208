// What running calls say, as frames: joined they are the text, or its end with the place it begins at.
import {
  makeId,
  TOOL_OUTPUT_SHOWN_CHARS,
  TOOL_OUTPUT_WINDOW_MS,
  type ToolOutputFrame,
} from "@acos/protocol";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { ToolOutputs } from "./tool-outputs.ts";

const RUN = makeId("run", 1, new Uint8Array(10));
const CALL = makeId("toolCall", 1, new Uint8Array(10));
const OTHER = makeId("toolCall", 2, new Uint8Array(10));

let sent: ToolOutputFrame[];
let outputs: ToolOutputs;
beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  outputs = new ToolOutputs((text) => sent.push(JSON.parse(text) as ToolOutputFrame));
  outputs.begin(RUN, CALL);
});
afterEach(() => vi.useRealTimers());

const told = () => sent.map(({ offset, text }) => [offset, text]);
const pass = () => vi.advanceTimersByTime(TOOL_OUTPUT_WINDOW_MS);

it("[B11] the first goes out at once, the rest once a window, and nothing when nothing is said", () => {
  for (const text of ["one ", "two ", "three"]) outputs.grow(CALL, text);
  expect(told()).toEqual([[0, "one "]]);
  pass();
  expect(told()).toEqual([
    [0, "one "],
    [4, "two three"],
  ]);
  pass();
  pass();
  expect(sent).toHaveLength(2);
  outputs.grow(CALL, "!");
  expect(told().at(-1)).toEqual([13, "!"]);
});

it("[B11] a flood is cut to its end in every frame, and in what is kept for who joins", () => {
  outputs.grow(CALL, "begun ");
  const flood = Array.from({ length: 3_000 }, (_, index) => `line ${index}\n`);
  for (const line of flood) outputs.grow(CALL, line);
  pass();
  const whole = `begun ${flood.join("")}`;
  const offset = whole.length - TOOL_OUTPUT_SHOWN_CHARS;
  const end = { type: "tool-output", run: RUN, call: CALL, offset, text: whole.slice(offset) };
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual(end);
  expect(outputs.catchUp()).toEqual([end]);
});

it("[B11] who joins gets what has gone out and no more, and the next frame follows it", () => {
  outputs.begin(RUN, OTHER);
  outputs.grow(CALL, "gone out");
  outputs.grow(CALL, ", held back");
  expect(outputs.catchUp()).toMatchObject([{ call: CALL, offset: 0, text: "gone out" }]);
  pass();
  expect(told().at(-1)).toEqual([8, ", held back"]);
  outputs.grow(CALL, "x".repeat(TOOL_OUTPUT_SHOWN_CHARS));
  expect(outputs.catchUp()).toMatchObject([{ text: "" }]);
});

it("[B11] a call that ended says nothing more; one that begins again begins at 0", () => {
  outputs.grow(CALL, "before");
  outputs.grow(CALL, " and after");
  outputs.begin(RUN, CALL);
  outputs.grow(CALL, "anew");
  pass();
  expect(told()).toEqual([
    [0, "before"],
    [0, "anew"],
  ]);
  outputs.grow(CALL, " goes out");
  outputs.grow(CALL, ", held back");
  outputs.end(CALL);
  outputs.grow(CALL, ", late");
  pass();
  expect(told().slice(2)).toEqual([[4, " goes out"]]);
  expect(outputs.catchUp()).toEqual([]);
});
