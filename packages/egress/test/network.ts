// A network of canned answers that notes what was sent, for the tests of the egress function.
import { createEgress, type EgressPolicy, type Fetcher, type Network } from "../src/index.ts";
import { CLOSED } from "./policies.ts";

export interface Sent {
  readonly url: string;
  readonly network: Network;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export function cannedNetwork(
  answers: Readonly<Record<string, Response>>,
  policy: EgressPolicy = CLOSED,
) {
  const sent: Sent[] = [];
  const fetcher: Fetcher = (url, init, network) => {
    const headers = Object.fromEntries(new Headers(init.headers));
    sent.push({ url, network, method: init.method ?? "GET", headers, body: init.body });
    const answer = answers[url];
    return answer
      ? Promise.resolve(answer.clone())
      : Promise.reject(new Error("internal error; reference = abc123"));
  };
  return { sent, egress: createEgress(policy, fetcher) };
}

export const redirect = (location: string, status = 302) =>
  new Response(null, { status, headers: { location } });
export const request = {
  method: "GET",
  headers: new Headers({ authorization: "Bearer secret", accept: "a/b" }),
  maxBytes: 1000,
};
