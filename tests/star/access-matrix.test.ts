// The access matrix, walked on the whole product: every operation and every command by every role; a row that is missing fails.
import {
  commandSchema,
  OPERATIONS,
  type GroupFrame,
  type OperationId,
  type Problem,
} from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { problemOf, restOf, type Answer } from "../rest.ts";
import type { GroupSocket } from "../socket.ts";
import { BESIDE_ASKS } from "./access-beside.ts";
import {
  BESIDE_ROWS,
  cellsOf,
  COMMAND_ROWS,
  OPERATION_ROWS,
  REFUSALS,
  ROLES,
  settledBy,
  subjectOf,
  type BesideRow,
  type CommandRow,
  type OperationRow,
  type Role,
} from "./access-matrix.ts";
import { COMMAND_ASKS, OPERATION_ASKS, type Asked } from "./access-requests.ts";
import { AGENT_PROOFS, agentProof } from "./agent-proofs.ts";
import { openWorld, type World } from "./access-world.ts";
import { answerChecker, type Checker } from "./described-answers.ts";
import { enter, newCommandId } from "./scene.ts";

let world: World;
let check: Checker;

beforeAll(async () => {
  world = await openWorld();
  check = await answerChecker(world.scene.owner.rest);
});
afterAll(() => world.close());

const operationRows = Object.keys(OPERATION_ROWS) as OperationRow[];
const commandRows = Object.keys(COMMAND_ROWS) as CommandRow[];

/** A refusal as the matrix writes it; one with an unexpected code keeps the code. */
function cellOf({ code }: Problem): string {
  return Object.entries(REFUSALS).find(([, each]) => each === code)?.[0] ?? code;
}

function outcomeOf(answer: Answer<unknown>): string {
  return answer.status < 300 ? "ok" : cellOf(problemOf(answer));
}

const ask = (role: Role, { method, path, ...sent }: Asked) =>
  world.people[role].rest.call(method, path, sent);

async function walk(
  cell: (role: Role) => Promise<string>,
  roles: readonly Role[] = ROLES,
): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  for (const role of roles) outcomes[role] = await cell(role);
  return outcomes;
}

describe("the matrix", () => {
  it("[AC3] has a row for every operation and every command, and none for what is not there", () => {
    const operations = new Set(operationRows.map(subjectOf));
    expect([...operations].toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
    const commands = new Set(commandRows.map(subjectOf));
    const kinds = commandSchema.options.map((option) => option.shape.kind.value);
    expect([...commands].toSorted()).toEqual([...kinds].toSorted());
  });
});

describe("by REST", () => {
  it.each(operationRows)("[AC3] %s", async (row) => {
    const id = subjectOf(row) as OperationId;
    const outcomes = await walk(async (role) => {
      const asked = await OPERATION_ASKS[row](world, role);
      const answer = await ask(role, asked);
      expect([role, check(id, answer)]).toEqual([role, ""]);
      if (answer.status === 404) await expectSameAsUnknown(role, asked, answer);
      return outcomeOf(answer);
    });
    expect(outcomes).toEqual(settledBy(cellsOf(OPERATION_ROWS[row]), outcomes));
  });

  it.each(commandRows)("[AC3] %s", async (row) => {
    const path = `/groups/${world.group.id}/commands`;
    const outcomes = await walk(async (role) => {
      const body = { id: newCommandId(), command: await COMMAND_ASKS[row](world, role) };
      const answer = await ask(role, { method: "POST", path, body });
      expect([role, check("giveCommand", answer)]).toEqual([role, ""]);
      return outcomeOf(answer);
    });
    expect(outcomes).toEqual(settledBy(cellsOf(COMMAND_ROWS[row]), outcomes));
  });
});

describe("what an agent's side holds", () => {
  it.each(AGENT_PROOFS)("[AC4] %s proves nobody, at any operation", async (proof) => {
    const token = agentProof(world, proof);
    const bearer = restOf(world.scene.product.url, { authorization: `Bearer ${token}` });
    const outcomes: Record<string, string> = {};
    for (const row of operationRows) {
      const { method, path, ...sent } = await OPERATION_ASKS[row](world, "anonymous");
      outcomes[row] = outcomeOf(await bearer.call(method, path, sent));
    }
    expect(new Set(Object.values(outcomes))).toEqual(new Set(["401"]));
  });
});

describe("beside it", () => {
  it.each(Object.keys(BESIDE_ROWS) as BesideRow[])("[AC3] %s", async (row) => {
    const outcomes = await walk(async (role) => {
      const code = await BESIDE_ASKS[row](world, role);
      return Object.entries(REFUSALS).find(([, each]) => each === code)?.[0] ?? code;
    });
    expect(outcomes).toEqual(cellsOf(BESIDE_ROWS[row]));
  });
});

/** What is forbidden to be seen answers in the very words of what does not exist. */
async function expectSameAsUnknown(
  role: Role,
  asked: Asked,
  answer: Answer<unknown>,
): Promise<void> {
  const unknown = asked.path.replace(/((?:org|agt|grp|key)_\w{22})\w{4}/, "$10000");
  expect(unknown).not.toBe(asked.path);
  const none = await ask(role, { ...asked, path: unknown });
  const said = ({ code, message }: Problem) => ({ role, code, message });
  expect(said(problemOf(answer))).toEqual(said(problemOf(none)));
}

describe("on the socket", () => {
  const MEMBERS = ["viewer", "member", "admin"] as const satisfies Role[];
  const sockets = new Map<Role, GroupSocket>();

  beforeAll(async () => {
    for (const role of MEMBERS)
      sockets.set(role, await enter(world.people[role].rest, world.group.id));
  });

  async function give(role: Role, command: object): Promise<string> {
    const id = newCommandId();
    const socket = sockets.get(role)!;
    socket.send({ type: "command", id, command });
    return socket.waitFor((frame: GroupFrame) => {
      if (frame.type === "ack" && frame.id === id) return "ok";
      return frame.type === "refused" && frame.id === id ? cellOf(frame.problem) : undefined;
    }, `answer to ${role}'s command`);
  }

  it.each(commandRows)("[AC3] %s", async (row) => {
    const outcomes = await walk(
      async (role) => give(role, await COMMAND_ASKS[row](world, role)),
      MEMBERS,
    );
    const { viewer, member, admin } = cellsOf(COMMAND_ROWS[row]);
    expect(outcomes).toEqual(settledBy({ viewer, member, admin }, outcomes));
  });
});
