// Entries of the audit log as sentences.
import { AUDIT_KINDS, type AuditEntryView } from "@acos/protocol";
import { expect, it } from "vitest";

import { historyDid } from "../src/words-audit.ts";
import { marksOf, sentenceOf } from "../src/settings/audit-sentence.ts";

const LIN = "usr_01mcc5rm00040g2081040g2081";
const ADA = "agt_01mcc5rm00040g2081040g2082";
const OFFICE = "grp_01mcc5rm00040g2081040g2083";
const NAMES: Readonly<Record<string, string>> = { [LIN]: "you", [ADA]: "Ada", [OFFICE]: "Office" };

function entry(kind: string, change: Partial<AuditEntryView> = {}): AuditEntryView {
  const chained = { seq: 7, at: "2027-01-15T08:00:00.000Z", hash: "ab", previous: "aa" };
  return { ...chained, kind, actor: LIN, ...change };
}
const said = (kind: string, change?: Partial<AuditEntryView>): string =>
  sentenceOf(entry(kind, change), (id) => NAMES[id] ?? id);

it.each(AUDIT_KINDS)("[W18] %s has a sentence of its own", (kind) => {
  const sentence = said(kind, { subject: ADA, details: {} });
  expect(sentence).not.toContain(`${kind}:`);
  expect(sentence).not.toMatch(/undefined|unknown|\(\)/);
});

it.each(Object.keys(historyDid))("[W18] %s has a sentence of its own", (kind) => {
  expect(said(kind, { subject: OFFICE })).toMatch(/^You .* the group Office/);
});

it("[W18] a fork is told with what it is a fork of", () => {
  const fork = "grp_01mcc5rm00040g2081040g20zz";
  expect(said("group-forked", { subject: fork, details: { from: OFFICE, atSeq: 12 } })).toBe(
    "You made the group grp_…0g20zz as a fork of the group Office",
  );
});

it("[W18] a sentence names who, what and where", () => {
  expect(said("agent-changed", { subject: ADA, details: { version: 3 } })).toBe(
    "You changed the agent Ada, now version 3",
  );
  const joined = { actor: "org_01mcc5rm00040g2081040g2084", subject: ADA };
  expect(said("member-joined", { ...joined, details: { group: OFFICE, role: "member" } })).toBe(
    "Ada became a member of the group Office as member, by the organization",
  );
});

it("[W18] a kind without words is shown as it is", () => {
  expect(said("moon-landed", { subject: "apollo" })).toBe("moon-landed: you, apollo");
  expect(said("constructor")).toBe("constructor: you");
});

it("[W19] an id without a name is cut to its end, and strangers have no name", () => {
  const other = "usr_01mcc5rm00040g2081040g20zz";
  expect(said("sign-in", { actor: other })).toBe("usr_…0g20zz signed in");
  expect(said("sign-in-refused", { actor: "person:0123456789ab", details: {} })).toContain(
    "as somebody",
  );
});

it("[W19] refusals, failures and what was passed over are marked", () => {
  expect(marksOf(entry("refused", { details: { repeats: 4, unrecorded: 2 } }))).toEqual({
    refused: true,
    failed: undefined,
    repeats: 4,
    unrecorded: 2,
  });
  expect(marksOf(entry("agent-changed", { details: { failed: "internal" } }))).toMatchObject({
    refused: false,
    failed: "internal",
    repeats: 0,
  });
});
