// Which status a success has: one place for the answers and for the OpenAPI document that describes them.
import { OPERATIONS, type OperationId } from "@acos/protocol";

import { answersBundle } from "./bundle-transfer.ts";
import { passesThrough } from "./passed-answer.ts";

/** Operations that make a thing which has an address of its own from then on. */
const MAKES: readonly OperationId[] = [
  "createAgent",
  "createApiKey",
  "createGroup",
  "createSandbox",
  "forkGroup",
  "importGroup",
];

/** 201 for what makes a thing, 204 for what answers nothing, 200 for the rest. */
export function successStatusOf(id: OperationId): 200 | 201 | 204 {
  if (MAKES.includes(id)) return 201;
  const operation = OPERATIONS[id];
  const answers = "answer" in operation || "list" in operation;
  return answers || answersBundle(id) || passesThrough(id) ? 200 : 204;
}
