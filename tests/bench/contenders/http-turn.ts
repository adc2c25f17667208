// One turn over HTTP with a streamed answer, as the direct call and the peers that speak server-sent events take it.
import { request, type Agent } from "node:http";

import { AnswerClock } from "./answer-clock.ts";
import type { TurnTiming } from "./contender.ts";
import { SseReader } from "./sse.ts";

export interface HttpTurn {
  readonly url: URL;
  readonly agent: Agent;
  readonly body: object;
  /** Length of the whole answer in UTF-16 units. */
  readonly expected: number;
  /** Length of the text that one event adds. Contract: never throws. */
  readonly lengthOf: (data: string) => number;
}

/** Posts and resolves when the answer's stream has ended. Rejects when it broke off before its last token. */
export function httpTurn(turn: HttpTurn): Promise<TurnTiming> {
  const body = JSON.stringify(turn.body);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const clock = new AnswerClock(turn.expected);
    const call = request(turn.url, { method: "POST", agent: turn.agent, headers }, (response) => {
      const reader = new SseReader((data) => clock.grow(turn.lengthOf(data)));
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => reader.read(chunk));
      response.on("error", reject);
      response.on("end", () => {
        try {
          resolve(clock.timing());
        } catch (error) {
          reject(error);
        }
      });
    });
    call.on("error", reject);
    call.end(body);
  });
}
