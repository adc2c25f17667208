// `acos doctor`: what sandboxes on this machine are held by, what is weak, and what mends it. It starts nothing that stays.
import { existsSync } from "node:fs";
import { resolve } from "node:path";

import { leaveGuardian, prepareMachine } from "./driver/machine.ts";
import { enterOwnMounts } from "./driver/place.ts";
import { selfTest, type SelfTest } from "./driver/self-test.ts";
import { textOf } from "./host/log.ts";

const AGENT = resolve(import.meta.dirname, "../../../dist/sandbox-agent/agent.js");

enterOwnMounts();

async function examine(): Promise<SelfTest> {
  try {
    const machine = prepareMachine(null, existsSync(AGENT) ? AGENT : null);
    leaveGuardian(machine.cgroups);
    return await selfTest(machine, { egress: true });
  } catch (error) {
    const fix = "Start acos as root, or as a user who may make user namespaces.";
    return { capabilities: null, problems: [{ what: textOf(error), fix }] };
  }
}

function inWords({ capabilities, problems }: SelfTest): string {
  const lines = problems.map(({ what, fix }) => `NOT SAFE: ${what}\n  ${fix}`);
  if (capabilities !== null) {
    const { driver, limits, notes, ...held } = capabilities;
    lines.push(`driver: ${driver}`);
    for (const [name, how] of Object.entries({ ...held, ...limits })) lines.push(`${name}: ${how}`);
    lines.push(...notes);
  }
  return lines.join("\n");
}

const found = await examine();
const ok = found.capabilities !== null && found.problems.length === 0;
const text = process.argv.includes("--json") ? JSON.stringify({ ok, ...found }) : inWords(found);
process.stdout.write(`${text}\n`, () => process.exit(ok ? 0 : 3));
