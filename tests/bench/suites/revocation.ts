// Suite `revocation`: how soon a removed member's socket is closed while others post, and what a token from before opens.
import { rmSync } from "node:fs";

import { startProduct } from "../../product.ts";
import { signUp, type SignedUpUser } from "../../rest.ts";
import { connect, HandshakeError, type GroupSocket } from "../../socket.ts";
import type { Poster } from "../contenders/contender.ts";
import { openGroupClient } from "../contenders/group-client.ts";
import { makeAgent, makeGroup, signUpWithModel, type ProductUser } from "../contenders/product.ts";
import { productEnvironment } from "../contenders/product-environment.ts";
import { FIGURES } from "../harness/names.ts";
import { percentile } from "../harness/statistics.ts";
import type { World } from "../harness/world.ts";
import { modelNameOf } from "../model-name.ts";

const MEMBERS = { full: 60, short: 10 };
/** A group in which people talk: twenty messages a second. */
const POST_EVERY_MS = 50;
const MODEL = modelNameOf({ firstTokenMs: 0, tokens: 1, gapMs: 0 });

interface Place {
  readonly owner: ProductUser;
  readonly group: string;
}

interface Seat {
  readonly member: SignedUpUser;
  readonly socket: GroupSocket;
}

/** Measures on a product of its own. */
export async function revocation(world: World): Promise<void> {
  const product = await startProduct({ env: productEnvironment() });
  try {
    const owner = await signUpWithModel(product.url, world.modelUrl);
    const group = await makeGroup(owner, await makeAgent(owner, MODEL));
    const place = { owner, group };
    const seats: Seat[] = [];
    const members = world.short ? MEMBERS.short : MEMBERS.full;
    for (let count = 0; count < members; count += 1)
      seats.push(await seatOf(place, await signUp(product.url, `member${count}`)));
    const load = postSteadily((await openGroupClient(owner.rest, group)).poster());
    const outcomes: Awaited<ReturnType<typeof removed>>[] = [];
    for (const seat of seats) outcomes.push(await removed(place, seat));
    await load.stop();
    record(world, outcomes);
  } finally {
    await product.stop();
    rmSync(product.data, { recursive: true, force: true });
  }
}

function record(
  { book }: World,
  outcomes: readonly { readonly closedMs: number; readonly refused: boolean }[],
): void {
  const times = outcomes.map(({ closedMs }) => closedMs);
  const refused = outcomes.filter((outcome) => outcome.refused).length;
  book.add(FIGURES.revocationP50Ms, "acos", percentile(times, 0.5));
  book.add(FIGURES.revocationP99Ms, "acos", percentile(times, 0.99));
  book.add(FIGURES.revokedTokensTaken, "acos", outcomes.length - refused);
  book.add(FIGURES.revokedTokensRefused, "acos", refused);
}

/** Puts somebody into the group, with a socket that is live. */
async function seatOf({ owner, group }: Place, member: SignedUpUser): Promise<Seat> {
  await owner.rest.put(`/groups/${group}/members/${member.id}`, { role: "member" });
  const { routing_token, ws_url } = await tokenOf(member, group);
  const socket = await connect(ws_url, routing_token);
  socket.send({ type: "hello", protocol: 1 });
  await socket.waitFor((frame) => (frame.type === "live" ? frame : undefined), "live frame");
  return { member, socket };
}

function tokenOf({ rest }: SignedUpUser, group: string) {
  return rest.post<{ routing_token: string; ws_url: string }>(`/groups/${group}/token`);
}

/** Removes a member: milliseconds until the socket is closed, and whether a token from before is refused. */
async function removed({ owner, group }: Place, { member, socket }: Seat) {
  const { routing_token, ws_url } = await tokenOf(member, group);
  const began = performance.now();
  const closing = socket.closed.then(() => performance.now() - began);
  const removing = owner.rest.delete(`/groups/${group}/members/${member.id}`);
  const [closedMs] = await Promise.all([closing, removing]);
  return { closedMs, refused: await isRefused(ws_url, routing_token) };
}

async function isRefused(url: string, token: string): Promise<boolean> {
  try {
    (await connect(url, token)).terminate();
    return false;
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    return true;
  }
}

/** Posts one message after another at a steady pace until it is stopped. */
function postSteadily(poster: Poster): { stop(): Promise<void> } {
  const ending = new AbortController();
  const posting = (async () => {
    while (!ending.signal.aborted) {
      await poster.post(1);
      await new Promise((wake) => setTimeout(wake, POST_EVERY_MS));
    }
    await poster.close();
  })();
  return {
    stop: async () => {
      ending.abort();
      await posting;
    },
  };
}
