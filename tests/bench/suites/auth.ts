// Suite `auth`: what it costs in workerd to verify who sent a run's request, and that forgeries are refused meanwhile.
import { FIGURES } from "../harness/names.ts";
import { cpuMsOf, cpuSecondsOf } from "../harness/processes.ts";
import { measure } from "../harness/rounds.ts";
import { percentile } from "../harness/statistics.ts";
import { startWorker, type BenchWorker } from "../harness/workerd.ts";
import type { World } from "../harness/world.ts";

/** So few that a median of batches is one of verifications, and so many that the asking does not count. */
const BATCH = 100;
const ENTRY = new URL("../auth/auth-worker.ts", import.meta.url).pathname;

/** Times both ways of verifying, counts the Worker's bindings and tries the forgeries. */
export async function auth(world: World): Promise<void> {
  const worker = await startWorker(ENTRY);
  try {
    const count = world.short ? 500 : 3000;
    for (let round = 0; round < world.schedule.rounds; round += 1) {
      const cold = await verification(world, worker, { count, fresh: true });
      world.book.add(FIGURES.authenticationMs, "acos", cold);
      const warm = await verification(world, worker, { count, fresh: false });
      world.book.add(FIGURES.authenticationWarmMs, "acos", warm);
    }
    const batches = world.short ? 20 : 100;
    const cold = await middleOf(worker, { batches, fresh: true });
    world.book.add(FIGURES.authenticationP50Ms, "acos", cold);
    const warm = await middleOf(worker, { batches, fresh: false });
    world.book.add(FIGURES.authenticationWarmP50Ms, "acos", warm);
    const { accepted, refused } = await worker.get<{ accepted: string[]; refused: string[] }>(
      "/attack",
    );
    world.book.add(FIGURES.forgeriesAccepted, "acos", accepted.length);
    world.book.add(FIGURES.forgeriesRefused, "acos", refused.length);
    if (accepted.length > 0) world.say(`accepted, and must not be: ${accepted.join(", ")}`);
    const bindings = await worker.get<string[]>("/bindings");
    world.book.add(FIGURES.authenticationCalls, "acos", bindings.length);
  } finally {
    await worker.stop();
  }
}

/** CPU milliseconds of one verification. */
async function verification(
  world: World,
  worker: BenchWorker,
  { count, fresh }: { readonly count: number; readonly fresh: boolean },
): Promise<number> {
  const { value } = await measure(async () => {
    await worker.get(`/prepare?count=${count}`);
    const before = cpuSecondsOf([worker.pid]);
    await worker.get(`/verify?fresh=${fresh}`);
    return ((cpuSecondsOf([worker.pid]) - before) / count) * 1000;
  }, world.meter);
  return value;
}

/** The median batch's CPU milliseconds of one verification. */
async function middleOf(
  worker: BenchWorker,
  { batches, fresh }: { readonly batches: number; readonly fresh: boolean },
): Promise<number> {
  const samples: number[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    await worker.get(`/prepare?count=${BATCH}`);
    const before = cpuMsOf(worker.pid);
    await worker.get(`/verify?fresh=${fresh}`);
    samples.push((cpuMsOf(worker.pid) - before) / BATCH);
  }
  return percentile(samples, 0.5);
}
