// Mentions, the forecast of who wakes, streaming Markdown, and handles made from names.
import type { LocalMember } from "@acos/client";
import type { Member } from "@acos/protocol";
import { expect, it } from "vitest";

import { handleFrom } from "../src/agents/agent-config-draft.ts";
import { markMentions } from "../src/group/mark-mentions.ts";
import { complete, handlesIn, matches, mentionAt } from "../src/group/mention-search.ts";
import { splitMarkdown } from "../src/group/split-markdown.ts";
import { wakePreview } from "../src/group/wake-preview.ts";

it.each([
  ["@", ""],
  ["hi @ad", "ad"],
  ["(@Ada", "ada"],
  ["line\n@gr", "gr"],
])("[W5] in %j a mention is being written", (text, query) => {
  expect(mentionAt(text, text.length)?.text).toBe(query);
});

it.each(["a@b", "mail me@", "no", "@ada "])("[W5] in %j none is", (text) => {
  expect(mentionAt(text, text.length)).toBeUndefined();
});

it("[W5] completing keeps what stands around it and puts the caret behind", () => {
  const query = mentionAt("ask @gr please", 7);
  expect(query && complete("ask @gr please", 7, { query, handle: "grace" })).toEqual({
    text: "ask @grace please",
    caret: 11,
  });
});

it("[W6] handles that begin with the query come first, then names, then the rest", () => {
  const members = [
    { handle: "zeta", name: "Zeta Adams" },
    { handle: "lin", name: "Ada Lin" },
    { handle: "ada", name: "Countess" },
    { handle: "bob", name: "Bob" },
  ];
  expect(matches(members, "ada").map(({ handle }) => handle)).toEqual(["ada", "lin", "zeta"]);
});

function agent(handle: string, change: Partial<LocalMember & { role: string }> = {}): LocalMember {
  const info = {
    type: "agent",
    member: `mbr_${handle}`,
    handle,
    name: handle,
    role: change.role ?? "member",
  };
  return { info: info as unknown as Member, present: change.present ?? true };
}

const HERE = [
  agent("ada"),
  agent("grace"),
  agent("silent", { role: "viewer" }),
  agent("gone", { present: false }),
];
const wakes = (text: string, wake: "mentions" | "everyone", replyTo?: string): readonly string[] =>
  wakePreview({ text, replyTo: replyTo as Member["member"] | undefined }, { wake }, HERE).wakes;

it("[W7] those mentioned or replied to will wake, else all where everyone answers", () => {
  expect(wakes("@ada and @GRACE.", "mentions")).toEqual(["ada", "grace"]);
  expect(wakes("hello", "mentions")).toEqual([]);
  expect(wakes("hello", "everyone")).toEqual(["ada", "grace"]);
  expect(wakes("@ada", "everyone")).toEqual(["ada"]);
  expect(wakes("yes", "mentions", "mbr_grace")).toEqual(["grace"]);
  expect(wakes("@silent @gone", "mentions")).toEqual([]);
  expect(
    wakePreview({ text: "@nobody", replyTo: undefined }, { wake: "mentions" }, HERE).unknown,
  ).toBe("nobody");
});

it("[W7] code and addresses mention nobody", () => {
  expect(handlesIn("`@ada` me@grace.org\n```\n@ada\n```\n@grace")).toEqual(["grace"]);
});

const TEXTS = [
  "one\n\ntwo\n\nthree",
  "- a\n\n- b\n\n  more\n\nafter",
  "```js\nlet a;\n\nlet b;\n```\n\nafter",
  "~~~\n```\n\n~~~\n\n1. x\n\n2. y",
  "open\n\n```\nnever closed\n\nstill code",
];

it.each(TEXTS)("[W8] the pieces of %j joined are the text", (text) => {
  for (let end = 0; end <= text.length; end += 1)
    expect(splitMarkdown(text.slice(0, end)).join("")).toBe(text.slice(0, end));
});

it("[W8] text is cut between finished stretches only", () => {
  expect(splitMarkdown(TEXTS[0] ?? "")).toHaveLength(3);
  expect(splitMarkdown(TEXTS[1] ?? "")).toEqual(["- a\n\n- b\n\n  more\n\n", "after"]);
  expect(splitMarkdown(TEXTS[2] ?? "")).toEqual(["```js\nlet a;\n\nlet b;\n```\n\n", "after"]);
  expect(splitMarkdown(TEXTS[4] ?? "")).toEqual(["open\n\n", "```\nnever closed\n\nstill code"]);
});

it("[W9] mentions are marked in words, not in code or links", () => {
  const text = (value: string) => ({ type: "text", value });
  const within = (tagName: string) => ({ type: "element", tagName, children: [text("@ada")] });
  const tree = {
    type: "root",
    children: [text("hi @Ada-x, @ada!"), within("code"), within("a"), within("p")],
  };
  markMentions(["ada", "ada-x"])(tree);
  const marked = { type: "element", tagName: "span", properties: { className: "mention" } };
  expect(tree.children).toEqual([
    text("hi "),
    { ...marked, children: [text("@Ada-x")] },
    text(", "),
    { ...marked, children: [text("@ada")] },
    text("!"),
    within("code"),
    within("a"),
    { ...within("p"), children: [{ ...marked, children: [text("@ada")] }] },
  ]);
});

it.each([
  ["Émile du Nord", "emile-du-nord"],
  ["  R2--D2!  ", "r2-d2"],
  ["田中", ""],
  ["a".repeat(31) + " b", "a".repeat(31)],
])("[W10] the name %j suggests the handle %j", (name, handle) => {
  expect(handleFrom(name)).toBe(handle);
});
