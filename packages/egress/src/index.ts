// The public face of `egress`: which addresses may be called, through which network, and the one function that calls.
export type { AddressClass } from "./address-table.ts";
export {
  createEgress,
  UnreachableError,
  type Egress,
  type EgressRequest,
  type Fetcher,
} from "./egress.ts";
export { judgeUrl, parseAllowList, type EgressPolicy, type Judgement } from "./judge-url.ts";
export { closedBlocks, type Network } from "./network.ts";
