// What befalls the product in a chaos run: mostly kill -9 of the whole, sometimes during its start, of one child, or a stop.
import { setTimeout as pause } from "node:timers/promises";

import { startAndKill9, startProduct, type Product, type ProductOptions } from "../product.ts";
import type { Random } from "./random.ts";

export const MISHAPS = ["kill", "kill at start", "kill child", "stop"] as const;
export type Mishap = (typeof MISHAPS)[number];

/** The product of a chaos run: always the same data folder and port, another process after each mishap. */
export interface Running {
  product: Product;
  readonly options: ProductOptions;
}

/** A start takes one to three seconds: kills fall before the lock, between the processes and just before `ready`. */
const START_MS = { least: 50, most: 1500 } as const;

/** Most mishaps are what the product has to survive by promise: kill -9 of everything at once. */
export function pickMishap(random: Random): Mishap {
  const dice = random.next();
  if (dice < 0.64) return "kill";
  if (dice < 0.76) return "kill at start";
  return dice < 0.9 ? "kill child" : "stop";
}

/** Does it, and starts the product again where it was ended. Throws when something outlives its launcher. */
export async function strike(running: Running, mishap: Mishap, random: Random): Promise<void> {
  await reviveEnded(running);
  if (mishap === "kill child") return killChild(running, random);
  if (mishap === "stop") await stopCleanly(running.product);
  else await running.product.kill9();
  if (mishap === "kill at start")
    await startAndKill9(running.options, random.between(START_MS.least, START_MS.most));
  running.product = await startProduct(running.options);
}

/** A product that ended by itself, as it may after losing a child, is started again, as its operator would. */
export async function reviveEnded(running: Running): Promise<void> {
  if (running.product.hasExited()) running.product = await startProduct(running.options);
}

async function stopCleanly(product: Product): Promise<void> {
  const code = await product.stop();
  if (code !== 0) throw new Error(`A clean stop ended with ${code}.`);
}

async function killChild({ product }: Running, random: Random): Promise<void> {
  const children = product.processes().filter((mark) => mark.pid !== product.pid);
  if (children.length === 0) throw new Error("The product runs without any child.");
  process.kill(random.pick(children).pid, "SIGKILL");
  // Long enough for clients to notice; what comes back is then waited for by condition.
  await pause(100);
}
