// The policies that the tests judge by, and whether a URL passes one.
import { judgeUrl, type EgressPolicy } from "../src/index.ts";

export const CLOSED: EgressPolicy = { local: false, allow: [] };
export const LOCAL: EgressPolicy = { local: true, allow: [] };

export function passes(url: string, policy: EgressPolicy): boolean {
  return judgeUrl(url, policy).ok;
}
