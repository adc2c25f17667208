// The Sandbox Host: `node hosts/sandbox-host/src/main.ts`, started and ended by the launcher.
//
//   own mounts ─▶ configuration ─▶ machine ─▶ leftovers ─▶ self-test ─▶ server, `ready {capabilities}` ─▶ until input ends
import { enterOwnMounts } from "./driver/place.ts";
import { CONFIG_VARIABLE, parseConfig } from "./host/config.ts";
import { serveHost, UnfitMachine } from "./host/host.ts";
import { makeLog, textOf } from "./host/log.ts";

/** The machine does not hold what sandboxes promise. */
const UNFIT = 3;

enterOwnMounts();
const log = makeLog(
  (line) => process.stderr.write(line),
  () => new Date(),
);

async function main(): Promise<void> {
  const config = parseConfig(process.env[CONFIG_VARIABLE]);
  delete process.env[CONFIG_VARIABLE];
  const host = await serveHost(config, log);
  let isEnding = false;
  const end = () => {
    if (isEnding) return;
    isEnding = true;
    void host.close().finally(() => process.exit(0));
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  process.stdin.once("end", end).once("error", end).resume();
  process.stdout.on("error", end);
  process.stdout.write(`ready ${JSON.stringify(host.capabilities)}\n`);
}

main().catch((error: unknown) => {
  if (error instanceof UnfitMachine)
    for (const { what, fix } of error.problems) log.error(what, { fix });
  else log.error("the Sandbox Host does not start", { why: textOf(error) });
  process.exit(error instanceof UnfitMachine ? UNFIT : 1);
});
