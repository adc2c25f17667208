// Suite `context`: groups of all lengths side by side. What a turn is told and costs, what a group takes on disk and how
// long it needs to come back must not grow with its age, and what was said long ago must still be found.
import { FACTS } from "../context/chatter.ts";
import { Composing } from "../context/composing.ts";
import {
  growGroups,
  jobsOver,
  type AgentSettings,
  type GrownGroup,
} from "../context/grown-groups.ts";
import { storageOf } from "../context/object-files.ts";
import { promptOf, sharedShare } from "../context/shared-prefix.ts";
import { openGroupClient, type GroupClient } from "../contenders/group-client.ts";
import { productContender, type ProductContender } from "../contenders/product.ts";
import { CONTEXT, FIGURES } from "../harness/names.ts";
import { alternate, measure } from "../harness/rounds.ts";
import type { World } from "../harness/world.ts";
import { modelNameOf } from "../model-name.ts";
import type { ToldRequest } from "../model-server.ts";

interface Load {
  readonly lengths: readonly number[];
  /** Rounds of one turn a group, of one message to four agents, and of one archive and visit. */
  readonly turns: number;
  readonly messagesToFour: number;
  readonly visits: number;
}

const LOADS: Readonly<Record<"full" | "short", Load>> = {
  full: { lengths: [200, 5_000, 100_000, 1_000_000], turns: 30, messagesToFour: 5, visits: 12 },
  short: { lengths: [200, 5_000, 20_000], turns: 8, messagesToFour: 1, visits: 3 },
};
const WARM_TURNS = 3;
/** Turns of the pure rules alone are so short that many are needed for a median. */
const COMPOSED = { warm: 200, turns: 400 };

const KEY = "context";
const MODEL = `told-${KEY}-${modelNameOf({ firstTokenMs: 0, tokens: 5, gapMs: 0 })}`;
const TELLERS = ["ada", "bert", "cleo", "dora"];
const FINDER = "finder";
const TOOLS = (["recall", "read_message"] as const).map(
  (name) => ({ type: "builtin", name }) as const,
);

/** Four agents that differ in their instructions alone, and one on the built-in model that looks things up. */
const AGENTS: readonly AgentSettings[] = [
  ...TELLERS.map((handle) => ({
    handle,
    name: handle,
    instructions: `You are ${handle}. ${"Answer briefly, and say where you have it from. ".repeat(8)}`,
    model: `fake/${MODEL}`,
    tools: TOOLS.slice(),
  })),
  {
    handle: FINDER,
    name: FINDER,
    instructions: "Look things up.",
    model: "rehearsal/rehearsal-1",
    tools: TOOLS.slice(),
  },
];

/** Runs on a product of its own: its groups are large. */
export async function context(world: World): Promise<void> {
  const contender = await productContender(world.modelUrl);
  try {
    await measureGroups(world, contender, world.short ? LOADS.short : LOADS.full);
  } finally {
    await contender.stop();
  }
}

interface OpenGroup extends GrownGroup {
  readonly client: GroupClient;
}

async function measureGroups(world: World, { user, product }: ProductContender, load: Load) {
  const grown = await growGroups(user, AGENTS, load.lengths);
  for (const group of grown) enterGrowth(world, group);
  const groups: OpenGroup[] = [];
  for (const group of grown)
    groups.push({ ...group, client: await openGroupClient(user.rest, group.id) });
  const { foreignCores } = await measure(
    async () => {
      await compareTurns(world, groups, { user, load });
      await compareAnswers(world, groups, load);
    },
    { ...world.meter, redoMax: 0 },
  );
  world.say(`while turns were compared, other load came to ${foreignCores.toFixed(1)} cores`);
  composeInTurn(world, groups);
  await askForFacts(world, groups.at(-1)!);
  for (const group of groups) {
    await jobsOver(user, group.id);
    enterStorage(world, group, storageOf(product.data, group.id));
    await group.client.close();
  }
  await compareVisits(world, groups, { user, visits: load.visits });
}

function enter(world: World, what: string, group: GrownGroup, sample: number): void {
  world.book.add(FIGURES.context(what, group.wanted), "acos", sample);
}

function enterGrowth(world: World, group: GrownGroup): void {
  const { point, importSeconds, bundleBytes } = group;
  enter(world, CONTEXT.messages, group, point.messages);
  enter(world, CONTEXT.mostTold, group, point.mostTold);
  enter(world, CONTEXT.wholeTokens, group, point.history.tokens);
  enter(world, CONTEXT.wholeBytes, group, point.history.bytes);
  enter(world, CONTEXT.importSeconds, group, importSeconds);
  enter(world, CONTEXT.bundleKilobytes, group, bundleBytes / 1024);
}

interface Turns {
  readonly user: ProductContender["user"];
  readonly load: Load;
}

/** One turn a group in every round: how long until the model was called, and with how much. */
async function compareTurns(world: World, groups: readonly OpenGroup[], { user, load }: Turns) {
  const ask = `@${TELLERS[0]} how far are we?`;
  for (const { client } of groups)
    for (let turn = 0; turn < WARM_TURNS; turn += 1) await client.ask(ask);
  await told(world);
  const schedule = { ...world.schedule, rounds: load.turns };
  await alternate(groups, schedule, async (group) => {
    const began = now();
    const { runs } = await group.client.ask(ask);
    const [request, ...more] = await told(world);
    if (request === undefined || more.length > 0) throw new Error("a turn is not one model call");
    enter(world, CONTEXT.modelCallMs, group, request.at - began);
    enter(world, CONTEXT.bytes, group, Buffer.byteLength(request.body));
    const path = `/groups/${group.id}/runs/${runs[0]}/turns/1/briefing`;
    const { ledger } = await user.rest.get<{ ledger: { tokens: number; exact: boolean } }>(path);
    if (!ledger.exact) throw new Error("a ledger is not what was told");
    enter(world, CONTEXT.tokens, group, ledger.tokens);
  });
}

/** Messages that four agents answer: what the four are told alike, from the beginning on. */
async function compareAnswers(world: World, groups: readonly OpenGroup[], load: Load) {
  const schedule = { ...world.schedule, rounds: load.messagesToFour };
  await alternate(groups, schedule, async (group) => {
    await group.client.ask(`${TELLERS.map((handle) => `@${handle}`).join(" ")} what is next?`);
    const prompts = (await told(world)).map(({ body }) => promptOf(body));
    if (prompts.length !== TELLERS.length) throw new Error(`${prompts.length} of four were called`);
    enter(world, CONTEXT.sharedPercent, group, sharedShare(prompts) * 100);
  });
}

function composeInTurn(world: World, groups: readonly OpenGroup[]): void {
  const composing = groups.map((group) => ({ group, life: new Composing(group.point.state) }));
  for (let turn = 0; turn < COMPOSED.warm; turn += 1) for (const { life } of composing) life.turn();
  // Begun anew: the window is where it was in the product.
  for (const each of composing) each.life = new Composing(each.group.point.state);
  for (let turn = 0; turn < COMPOSED.turns; turn += 1) {
    if (turn % 100 === 0)
      for (const each of composing) each.life = new Composing(each.group.point.state);
    for (const { group, life } of composing)
      enter(world, CONTEXT.composeMicroseconds, group, life.turn());
  }
}

/** Asks for what was told among the first messages: in half of the cases no briefing has it any more. */
async function askForFacts(world: World, group: OpenGroup): Promise<void> {
  let [answered, recalled] = [0, 0];
  for (const { question, answer, kept } of FACTS) {
    const began = now();
    const { answers } = await group.client.ask(`@${FINDER} ${question}`);
    const isThere = answers.some((text) => text.includes(answer));
    if (!isThere) world.say(`not answered with ${answer}: ${question} ${answers.join(" · ")}`);
    if (isThere) answered += 1;
    if (isThere && !kept) recalled += 1;
    if (!kept) enter(world, CONTEXT.recallMs, group, now() - began);
  }
  enter(world, CONTEXT.facts, group, answered);
  enter(world, CONTEXT.factsRecalled, group, recalled);
}

function enterStorage(world: World, group: GrownGroup, storage: ReturnType<typeof storageOf>) {
  const { objectBytes, usedBytes, tableBytes, ledgerBytes, ledgers, segments, r2Bytes } = storage;
  enter(world, CONTEXT.objectKilobytes, group, objectBytes / 1024);
  enter(world, CONTEXT.usedKilobytes, group, usedBytes / 1024);
  enter(world, CONTEXT.tableKilobytes, group, tableBytes / 1024);
  if (ledgers > 0) enter(world, CONTEXT.ledgerKilobytes, group, ledgerBytes / ledgers / 1024);
  enter(world, CONTEXT.segments, group, segments);
  enter(world, CONTEXT.r2Kilobytes, group, r2Bytes / 1024);
}

interface Visits {
  readonly user: ProductContender["user"];
  readonly visits: number;
}

/** Archives and first visits in turn; a second visit tells what one takes that brings nothing back. */
async function compareVisits(world: World, groups: readonly OpenGroup[], { user, visits }: Visits) {
  const visit = async (id: string) => {
    const began = now();
    await user.rest.get(`/groups/${id}`);
    return now() - began;
  };
  const schedule = { ...world.schedule, rounds: visits + 1 };
  await alternate(groups, schedule, async (group, round) => {
    await user.rest.post(`/groups/${group.id}/archive`);
    const first = await visit(group.id);
    const open = await visit(group.id);
    // The first archive moves what was said meanwhile, and warms up what all have in common.
    if (round === 0) return;
    enter(world, CONTEXT.visitMs, group, first);
    enter(world, CONTEXT.hydrationMs, group, first - open);
  });
}

async function told({ modelUrl }: World): Promise<readonly ToldRequest[]> {
  const response = await fetch(modelUrl.replace(/\/v1$/, `/told/${KEY}`));
  return (await response.json()) as ToldRequest[];
}

/** Milliseconds of the machine's monotonic clock, the same in every process. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
