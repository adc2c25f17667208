// Bugs put into the real Group Controller on purpose: the checker has to see each one through the public interface.
import type { Patch } from "./bundles.ts";

export interface SeededBug {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** Kills that it needs to show itself; reconnects happen without any. */
  readonly kills: number;
  /** At least one of these rules has to be broken. */
  readonly rules: readonly string[];
}

const APPEND = "workers/group-controller/src/append.ts";
const GREET = "workers/group-controller/src/sockets/greet.ts";
const OPEN_GROUP = "workers/group-controller/src/open-group.ts";
const RECOVER = "packages/group/src/recover.ts";
const RUN = "packages/group/src/run.ts";
const COPIES = "workers/group-controller/src/copy/copies.ts";
const CUT_POINT = "packages/group/src/compaction/cut-point.ts";

export const SEEDED_BUGS: readonly SeededBug[] = [
  {
    name: "no idempotency: a command sent again is done again",
    kills: 0,
    patches: [
      {
        file: APPEND,
        find: "key && rim.commands.find(key.giver, key.id);",
        put: "null as number | null;",
      },
      { file: APPEND, find: "if (key) rim.commands.insert(key.giver, key.id, seq);", put: "" },
    ],
    rules: ["K2", "K3"],
  },
  {
    name: "write-behind: acknowledged and shown before it is written",
    kills: 2,
    patches: [
      {
        file: APPEND,
        find: "key && rim.commands.find(key.giver, key.id);",
        put: "key && (behind.get(key.giver + key.id) ?? rim.commands.find(key.giver, key.id));",
      },
      {
        file: APPEND,
        find: "const rows = rim.storage.transactionSync(() => {",
        put: `if (key) behind.set(key.giver + key.id, seq);
          const rows = writeBehind(rim, events, () => {`,
      },
      {
        file: APPEND,
        find: "export class WritePath {",
        put: `const behind = new Map<string, number>();
        function writeBehind(rim: WriteRim, events: any, write: () => unknown): any {
          setTimeout(() => rim.storage.transactionSync(write as never), 300);
          return events.map((row: any) => ({ ...row, body: JSON.stringify(row.event) }));
        }
        export class WritePath {`,
      },
    ],
    rules: ["K1", "K4"],
  },
  {
    name: "live before replay: a socket gets new events while its replay is still to come",
    kills: 1,
    patches: [
      {
        file: GREET,
        find: `replay(socket, group.log, { since, head }); sendFrame(socket, { type: "live", head });`,
        put: `setTimeout(() => {
          replay(socket, group.log, { since, head });
          sendFrame(socket, { type: "live", head });
        }, 100);`,
      },
    ],
    rules: ["K6", "K7"],
  },
  {
    name: "a dispatched effect is done again after a restart",
    kills: 4,
    patches: [{ file: RECOVER, find: "if (call.effect) {", put: "if (false) {" }],
    rules: ["K11", "K13"],
  },
  {
    name: "runs are forgotten at a restart",
    kills: 3,
    patches: [
      {
        file: OPEN_GROUP,
        find: "if (stranded.length > 0 || isSummaryStranded)",
        put: "if (false as boolean)",
      },
    ],
    rules: ["K9"],
  },
  {
    name: "an effect is dispatched without asking",
    kills: 0,
    patches: [
      { file: RUN, find: '} else if (due === "ask") {', put: "} else if (false as boolean) {" },
    ],
    rules: ["K12", "K13"],
  },
  {
    name: "a fork ends an event before the one asked for",
    kills: 2,
    patches: [
      {
        file: COPIES,
        find: "const upTo = await this.#endOf(copy);",
        put: "const upTo = Math.max(1, (await this.#endOf(copy)) - 1);",
      },
    ],
    rules: ["K18"],
  },
  {
    name: "a summary is asked for while one is being made",
    kills: 1,
    patches: [
      {
        file: CUT_POINT,
        find: "if (!state.group || state.compaction) return null;",
        put: "if (!state.group) return null;",
      },
      {
        file: CUT_POINT,
        find: "if (triedTokens !== null && windowTokens < triedTokens + budget.retry) return null;",
        put: "",
      },
    ],
    rules: ["K19"],
  },
];
