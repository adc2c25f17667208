// The checker has to see each broken promise: good histories pass, and one change at a time makes it go red.
import type { Command, GroupEvent, GroupFrame, LogEvent } from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { check } from "./checker.ts";
import type { Entry, Outcome } from "./history.ts";

type Draft = Record<string, unknown>;

const ada = "mbr_ada";
const row = (seq: number, event: Draft): LogEvent => ({
  seq,
  at: 1000 + seq,
  event: event as GroupEvent,
});
const said = (text: string, extra: Draft = {}): Draft => ({
  kind: "message-posted",
  message: `msg_${text.slice(0, 4)}`,
  by: ada,
  parts: [{ type: "text", text }],
  mentions: [],
  ...extra,
});
const sentArguments = { method: "POST", path: "/do", body: { deed: "w2" } };

/** A group in which ada said two things, the second of which made an agent call a tool with an effect. */
function goodLog(): LogEvent[] {
  const run = "run_1";
  const call = { run, call: "tcl_1", digest: "d1" };
  return [
    row(1, { kind: "group-created" }),
    row(2, said("w1 hello")),
    row(3, said("w2 do it")),
    row(4, { kind: "run-queued", run }),
    row(5, { kind: "run-started", run }),
    row(6, { kind: "turn-started", run, turn: 1 }),
    row(7, { kind: "tool-call-made", ...call, effect: true, arguments: sentArguments }),
    row(8, { kind: "approval-asked", approval: "apr_1", ...call, arguments: sentArguments }),
    row(9, {
      kind: "approval-decided",
      approval: "apr_1",
      ...call,
      decision: "approve",
      arguments: sentArguments,
    }),
    row(10, { kind: "tool-call-dispatched", ...call }),
    row(11, { kind: "tool-result-received", ...call, result: { isError: false, text: "ok" } }),
    row(12, said("done", { by: "mbr_bot", run, message: "msg_bot" })),
    row(13, { kind: "run-ended", run, outcome: "done" }),
  ];
}

const frame = (connection: string, held: Draft): Entry => ({
  type: "frame",
  connection,
  frame: held as unknown as GroupFrame,
});
const shown = (connection: string, logged: LogEvent): Entry =>
  frame(connection, { type: "event", ...logged });

function goodHistory(log: readonly LogEvent[]): Entry[] {
  const post = (text: string): Command => ({
    kind: "message-post",
    parts: [{ type: "text", text }],
  });
  return [
    { type: "opened", client: "a", connection: "a#1", since: 0 },
    frame("a#1", { type: "welcome", head: 1, member: { member: ada } }),
    ...log.slice(0, 1).map((logged) => shown("a#1", logged)),
    frame("a#1", { type: "live", head: 1 }),
    { type: "sent", client: "a", id: "c1", token: "w1", command: post("w1 hello") },
    ...log.slice(1, 2).map((logged) => shown("a#1", logged)),
    { type: "acked", client: "a", id: "c1", seq: 2, via: "socket" },
    { type: "sent", client: "a", id: "c2", token: "w2", command: post("w2 do it") },
    { type: "opened", client: "a", connection: "a#2", since: 2 },
    frame("a#2", { type: "welcome", head: 3, member: { member: ada } }),
    ...log.slice(2, 3).map((logged) => shown("a#2", logged)),
    frame("a#2", { type: "live", head: 3 }),
    { type: "acked", client: "a", id: "c2", seq: 3, via: "socket" },
    { type: "acked", client: "a", id: "c2", seq: 3, via: "rest" },
    ...log.slice(3, 11).map((logged) => shown("a#2", logged)),
    frame("a#2", { type: "delta", message: "msg_bot", part: 0, offset: 0, text: "do" }),
    frame("a#2", { type: "delta", message: "msg_bot", part: 0, offset: 2, text: "n" }),
    ...log.slice(11).map((logged) => shown("a#2", logged)),
  ];
}

/** The list of messages, as an honest server makes it of its log. */
function messagesIn(log: readonly LogEvent[]): Outcome["messages"] {
  const views: Draft[] = [];
  for (const { seq, event } of log) {
    if (event.kind === "message-posted") views.push({ ...event, seq });
    const edited =
      event.kind === "message-edited" ? views.find((one) => one["message"] === event.message) : {};
    if (edited && event.kind === "message-edited") edited["parts"] = event.parts;
  }
  return views as unknown as Outcome["messages"];
}

function goodOutcome(log: readonly LogEvent[]): Outcome {
  return {
    log,
    runs: [{ run: "run_1", state: "done" }] as unknown as Outcome["runs"],
    group: { approvals: [], runs: [] } as unknown as Outcome["group"],
    messages: messagesIn(log),
    jobs: [{ job: "job_1", kind: "flush", state: "done" }] as unknown as Outcome["jobs"],
    finds: [{ token: "w1", seq: 2, found: [2] }],
    copies: [],
    refusals: [],
    hits: [
      {
        at: 1,
        method: "POST",
        path: "/do",
        headers: { "idempotency-key": "tcl_1" },
        body: '{"deed":"w2"}',
      },
    ],
  };
}

/** The rules that are broken after a change to a good history. */
function broken(
  change: (good: { history: Entry[]; outcome: Outcome }) => Partial<Outcome> | void,
): string[] {
  const log = goodLog();
  const good = { history: goodHistory(log), outcome: goodOutcome(log) };
  const changed = change(good);
  // What a changed log lists is as changed as it is.
  const messages = changed?.log === undefined ? {} : { messages: messagesIn(changed.log) };
  const outcome = { ...good.outcome, ...messages, ...changed };
  return [...new Set(check(good.history, outcome).map((violation) => violation.rule))];
}

/** The log without some seqs, the rest moved up: a server that never wrote them. */
function without(log: readonly LogEvent[], ...seqs: number[]): LogEvent[] {
  const kept = log.filter((logged) => !seqs.includes(logged.seq));
  return kept.map((logged, index) => ({ ...logged, seq: index + 1 }));
}

/** Only what the log says counts; the frames are made anew from it, as an honest socket would show them. */
function brokenLog(
  edit: (log: LogEvent[]) => LogEvent[],
  outcome: Partial<Outcome> = {},
): string[] {
  const log = edit(goodLog());
  const history: Entry[] = [
    { type: "opened", client: "a", connection: "a#1", since: 0 },
    frame("a#1", { type: "welcome", head: 0, member: { member: ada } }),
    frame("a#1", { type: "live", head: 0 }),
    ...log.map((logged) => shown("a#1", logged)),
  ];
  return [...new Set(check(history, { ...goodOutcome(log), ...outcome }).map((one) => one.rule))];
}

describe("a good history", () => {
  it("passes", () => {
    expect(broken(() => undefined)).toEqual([]);
    expect(brokenLog((log) => log)).toEqual([]);
  });

  it("may hold messages that were never acknowledged", () => {
    const quiet = broken(({ history }) => {
      for (const [index, entry] of [...history.entries()].toReversed())
        if (entry.type === "acked") history.splice(index, 1);
    });
    expect(quiet).toEqual([]);
  });

  it("may go on after a reset with what the reset names", () => {
    const after = broken(({ history, outcome }) => {
      history.push(
        { type: "opened", client: "b", connection: "b#1", since: 0 },
        frame("b#1", { type: "welcome", head: 13, member: { member: ada } }),
        frame("b#1", { type: "reset", head: 13, from: 11 }),
        ...outcome.log.slice(11).map((logged) => shown("b#1", logged)),
        frame("b#1", { type: "live", head: 13 }),
      );
    });
    expect(after).toEqual([]);
  });
});

describe("commands", () => {
  it("[K1] sees an acknowledged message that is not in the log", () => {
    expect(broken(({ outcome }) => ({ log: outcome.log.slice(0, 2) }))).toContain("K1");
  });

  it("[K1] sees an acknowledged message whose words, place or author differ", () => {
    for (const event of [
      said("w1 other"),
      said("w1 hello", { by: "mbr_eve" }),
      { kind: "member-left" },
    ])
      expect(broken(({ outcome }) => ({ log: outcome.log.with(1, row(2, event)) }))).toContain(
        "K1",
      );
  });

  it("[K1] sees an approval that was acknowledged but decided otherwise", () => {
    const rules = broken(({ history }) => {
      const command = { kind: "approval-decide", approval: "apr_1", decision: "deny" } as never;
      history.push(
        { type: "sent", client: "a", id: "c9", command },
        { type: "acked", client: "a", id: "c9", seq: 9, via: "socket" },
      );
    });
    expect(rules).toEqual(["K1"]);
  });

  it("[K2] sees a message that stands in the log twice", () => {
    const rules = broken(({ history, outcome }) => {
      const again = row(14, said("w1 hello"));
      history.push(shown("a#2", again));
      return { log: [...outcome.log, again] };
    });
    expect(rules).toEqual(["K2"]);
  });

  it("[K3] sees a command id with two seqs", () => {
    const rules = broken(({ history }) => {
      history.push({ type: "acked", client: "a", id: "c1", seq: 3, via: "rest" });
    });
    expect(rules).toContain("K3");
  });

  it("[K3] sees a refused message that was posted all the same", () => {
    const rules = broken(({ history }) => {
      history.push({ type: "refused", client: "a", id: "c1", code: "forbidden" });
    });
    expect(rules).toEqual(["K3"]);
  });
});

describe("the log", () => {
  it("[K4] sees a client that was shown something else", () => {
    const rules = broken(({ outcome }) => ({
      log: outcome.log.with(5, row(6, { kind: "turn-started", run: "run_1", turn: 2 })),
    }));
    expect(rules).toEqual(["K4"]);
  });

  it("[K4] sees a client that was shown what the log lost", () => {
    expect(broken(({ outcome }) => ({ log: outcome.log.slice(0, 12), runs: [] }))).toContain("K4");
  });

  it("[K5] sees a hole and a head behind what was told", () => {
    expect(broken(({ outcome }) => ({ log: outcome.log.toSpliced(5, 1) }))).toContain("K5");
    const rules = broken(
      ({ history }) => void history.push(frame("a#2", { type: "pong", head: 99 })),
    );
    expect(rules).toEqual(["K5"]);
  });
});

describe("a connection", () => {
  it("[K6] sees a hole, a repetition and a step back", () => {
    const hole = broken(
      ({ history }) =>
        void history.splice(
          history.length - 1,
          0,
          frame("a#2", { type: "event", ...row(14, said("x")) }),
        ),
    );
    expect(hole).toContain("K6");
    const twice = broken(
      ({ history, outcome }) => void history.push(shown("a#2", outcome.log[12] as LogEvent)),
    );
    expect(twice).toEqual(["K6"]);
    const back = broken(
      ({ history, outcome }) => void history.push(shown("a#2", outcome.log[3] as LogEvent)),
    );
    expect(back).toEqual(["K6"]);
  });

  it("[K6] sees a replay that does not begin after since", () => {
    const rules = broken(({ history, outcome }) => {
      const opened = history.findIndex(
        (entry) => entry.type === "opened" && entry.connection === "a#2",
      );
      history.splice(opened + 2, 0, shown("a#2", outcome.log[1] as LogEvent));
    });
    expect(rules).toContain("K6");
  });

  it("[K7] sees an event before the welcome and a live before its replay", () => {
    const early = broken(({ history }) => {
      const first = history.splice(2, 1);
      history.splice(1, 0, ...first);
    });
    expect(early).toContain("K7");
    const live = broken(({ history }) => {
      const replay = history.splice(10, 1);
      history.splice(11, 0, ...replay);
    });
    expect(live).toContain("K7");
  });

  /** A second connection that sees these deltas, then the message that they were for. */
  const streaming = (...deltas: [offset: number, text: string][]) =>
    broken(({ history, outcome }) => {
      const posted = outcome.log[11] as LogEvent;
      history.push(
        { type: "opened", client: "b", connection: "b#1", since: 11 },
        frame("b#1", { type: "welcome", head: 11, member: { member: ada } }),
        frame("b#1", { type: "live", head: 11 }),
        ...deltas.map(([offset, text]) =>
          frame("b#1", { type: "delta", message: "msg_bot", part: 0, offset, text }),
        ),
        shown("b#1", posted),
      );
    });

  it("[K8] sees a gap in streamed text, an end that differs and growth after the end", () => {
    expect(streaming([0, "d"], [2, "e"])).toEqual(["K8"]);
    expect(streaming([1, "one"])).toEqual(["K8"]);
    expect(streaming([0, "nod"])).toEqual(["K8"]);
    const late = { type: "delta", message: "msg_bot", part: 0, offset: 3, text: "e" };
    expect(broken(({ history }) => void history.push(frame("a#2", late)))).toEqual(["K8"]);
  });

  it("[K8] lets a turn that is tried again begin anew", () => {
    expect(streaming([0, "something"], [9, " else"], [0, "do"], [2, "ne"])).toEqual([]);
  });
});

describe("runs", () => {
  const runs = (state: string) => ({
    runs: [{ run: "run_1", state }] as unknown as Outcome["runs"],
  });

  it("[K9] sees a run that did not end", () => {
    const open = (log: LogEvent[]) => log.slice(0, 12);
    for (const state of ["queued", "running", "waiting"])
      expect(brokenLog(open, runs(state))).toEqual(["K9"]);
    const group = { approvals: [{ run: "run_1" }], runs: [] } as unknown as Outcome["group"];
    expect(brokenLog(open, { ...runs("waiting"), group })).toEqual([]);
  });

  it("[K9] sees a list of runs that disagrees with the log", () => {
    expect(brokenLog((log) => log, runs("failed"))).toEqual(["K9"]);
    expect(brokenLog((log) => log, { runs: [] })).toContain("K9");
  });

  it("[K10] sees a run that ends twice, goes on after its end or was never queued", () => {
    const more = (event: Draft) =>
      brokenLog((log) => [...log, row(14, { run: "run_1", ...event })]);
    expect(more({ kind: "run-ended", outcome: "done" })).toEqual(["K10"]);
    expect(more({ kind: "turn-started", turn: 2 })).toEqual(["K10"]);
    expect(brokenLog((log) => without(log, 4))).toEqual(["K10"]);
    expect(brokenLog((log) => without(log, 5))).toEqual(["K10"]);
  });
});

describe("effects", () => {
  it("[K11] sees an effect that happened twice", () => {
    const rules = broken(({ outcome }) => ({ hits: [...outcome.hits, ...outcome.hits] }));
    expect(rules).toEqual(["K11"]);
  });

  it("[K12] sees an effect that nobody approved or with other arguments", () => {
    expect(brokenLog((log) => without(log, 9, 10, 11))).toEqual(["K12"]);
    const rules = broken(({ outcome }) => ({
      hits: outcome.hits.map((hit) => ({ ...hit, path: "/other" })),
    }));
    expect(rules).toEqual(["K12"]);
  });

  it.each([{ "idempotency-key": "tcl_2" }, {}])(
    "[K12] sees an effect with an approved call's words that is not this call's: %j",
    (headers: Record<string, string>) => {
      const rules = broken(({ outcome }) => ({
        hits: [...outcome.hits, ...outcome.hits.map((hit) => ({ ...hit, headers }))],
      }));
      expect(rules).toEqual(["K12"]);
    },
  );

  it("[K13] sees a dispatch without an approval, twice, or with another digest", () => {
    expect(brokenLog((log) => without(log, 9))).toContain("K13");
    const twice = brokenLog((log) => [
      ...without(log, 13),
      { ...(log[9] as LogEvent), seq: 13 },
      row(14, { kind: "run-ended", run: "run_1", outcome: "done" }),
    ]);
    expect(twice).toEqual(["K13"]);
    const other = { kind: "tool-call-dispatched", run: "run_1", call: "tcl_1", digest: "d2" };
    expect(brokenLog((log) => log.with(9, row(10, other)))).toEqual(["K13"]);
  });

  it("[K13] lets a call that only reads be dispatched again", () => {
    const reading = (log: LogEvent[]) =>
      without(log, 8, 9).map((logged) =>
        logged.event.kind === "tool-call-made"
          ? row(logged.seq, { ...logged.event, effect: false })
          : logged,
      );
    const again = (log: LogEvent[]) => {
      const kept = reading(log);
      return kept
        .toSpliced(8, 0, kept[7] as LogEvent)
        .map((logged, index) => ({ ...logged, seq: index + 1 }));
    };
    expect(brokenLog(again)).toEqual([]);
  });

  it("[K13] sees a good result of a call that was never dispatched", () => {
    expect(brokenLog((log) => without(log, 10), { hits: [] })).toEqual(["K13"]);
  });
});

describe("storage", () => {
  const job = (state: string) =>
    ({ jobs: [{ job: "job_1", kind: "flush", state }] }) as unknown as Partial<Outcome>;
  const more = (...events: Draft[]) =>
    brokenLog((log) => [...log, ...events.map((event, index) => row(14 + index, event))]);

  it("[K15] sees work that never ended", () => {
    expect(broken(() => job("running"))).toEqual(["K15"]);
    expect(broken(() => job("failed"))).toEqual([]);
  });

  it("[K16] sees a list of messages that lacks one, has one twice or has old words", () => {
    for (const change of [
      (messages: Outcome["messages"]) => messages.slice(1),
      (messages: Outcome["messages"]) => [...messages, messages.at(-1)!],
      (messages: Outcome["messages"]) => messages.toReversed(),
    ])
      expect(broken(({ outcome }) => ({ messages: change(outcome.messages) }))).toEqual(["K16"]);
    const edited = { kind: "message-edited", message: "msg_w1 h", by: ada, parts: [] };
    expect(more(edited)).toEqual([]);
    const old = broken(({ history, outcome }) => {
      const changed = row(14, edited);
      history.push(shown("a#2", changed));
      return { log: [...outcome.log, changed], messages: outcome.messages };
    });
    expect(old).toEqual(["K16"]);
  });

  it("[K17] sees a message that no search finds", () => {
    expect(broken(() => ({ finds: [{ token: "w1", seq: 2, found: [3] }] }))).toEqual(["K17"]);
  });

  const begins = { kind: "group-copied", how: "fork" };
  const copyOf = (outcome: Outcome, change: Draft = {}) =>
    ({
      group: "grp_2",
      name: "fork 1",
      how: "fork",
      state: "active",
      log: [...outcome.log.slice(0, 3), row(4, begins)],
      ...change,
    }) as unknown as Outcome["copies"][number];
  const copied = (change: Draft | null, atSeq = 3) =>
    broken(({ history, outcome }) => {
      history.push(
        { type: "copy-asked", how: "fork", name: "fork 1", atSeq },
        { type: "copied", name: "fork 1", group: "grp_2" },
      );
      return { copies: change === null ? [] : [copyOf(outcome, change)] };
    });

  it("[K18] sees a copy that is lost, unfinished, doubled or not what it was made of", () => {
    expect(copied({})).toEqual([]);
    expect(copied(null)).toEqual(["K18"]);
    expect(copied({ state: "copying" })).toEqual(["K18"]);
    expect(copied({ log: [] })).toEqual(["K18"]);
    expect(copied({}, 2)).toEqual(["K18"]);
    expect(copied({ log: [row(1, said("other")), row(2, begins)] })).toContain("K18");
    expect(copied({ log: [row(1, begins), row(2, begins)] })).toContain("K18");
    const twice = broken(({ outcome }) => ({
      copies: [copyOf(outcome), copyOf(outcome, { group: "grp_3" })],
    }));
    expect(twice).toEqual(["K18"]);
    const imported = broken(({ outcome }) => ({ copies: [copyOf(outcome, { how: "import" })] }));
    expect(imported).toEqual(["K18"]);
  });

  it("[K19] sees summaries that overlap, never end, or were not asked for", () => {
    const asked = { kind: "summary-asked", summary: "smy_1", upTo: 2 };
    const made = { kind: "summary-made", summary: "smy_1", upTo: 2 };
    expect(more(asked, made)).toEqual([]);
    expect(more(asked, asked, made)).toEqual([]);
    expect(more(asked)).toEqual(["K19"]);
    expect(more(made)).toEqual(["K19"]);
    expect(more(asked, { ...asked, summary: "smy_2" }, { ...made, summary: "smy_2" })).toEqual([
      "K19",
    ]);
  });

  it("[K20] sees a refusal to read, and a loss that was said", () => {
    expect(broken(() => ({ refusals: ["storage_damaged"] }))).toEqual(["K20"]);
    expect(more({ kind: "group-restored", generation: 1, lost: 3 })).toEqual(["K20"]);
    expect(more({ kind: "group-restored", generation: 1 })).toEqual([]);
  });
});
