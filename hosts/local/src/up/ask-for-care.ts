// Asks the Orchestrator, through the inner gateway, to read its keys again and to care for what is sealed under old ones.
import { request } from "node:http";
import { text } from "node:stream/consumers";

import type { CareReport } from "@acos/protocol";

import { RotationError } from "./rotate-keys.ts";

const CARE_TIMEOUT_MS = 60_000;

/** One share of care, and how it stands. Throws RotationError when the Orchestrator does not answer. */
export async function askForCare(gatewayPort: number, innerSecret: string): Promise<CareReport> {
  const answered = Promise.withResolvers<{ status: number; body: string }>();
  const asking = request({
    host: "127.0.0.1",
    port: gatewayPort,
    method: "POST",
    path: "/inner/key-care",
    headers: { "acos-inner-secret": innerSecret, host: "main.internal" },
    timeout: CARE_TIMEOUT_MS,
  });
  asking.on("response", async (response) =>
    answered.resolve({ status: response.statusCode ?? 0, body: await text(response) }),
  );
  asking.on("timeout", () => asking.destroy(new Error("no answer in time")));
  asking.on("error", answered.reject);
  asking.end();
  const { status, body } = await answered.promise.catch(() => ({ status: 0, body: "" }));
  if (status === 200) return JSON.parse(body) as CareReport;
  throw new RotationError(
    "The Orchestrator did not answer. The keys that were there still serve; try again in a moment.",
  );
}
